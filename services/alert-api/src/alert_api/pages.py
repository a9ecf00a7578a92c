"""Answers: parts of lists with the way to the next part, and what was done under a key."""

from typing import TypeVar

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from alert_api.once import Outcome
from alert_api.views import Page

Item = TypeVar("Item")


def page_of(request: Request, page: Page[Item]) -> Response:
    """The JSON of a part, and `Link: rel="next"` where there is a next one."""
    headers = {}
    if page.next is not None:
        following = request.url.include_query_params(after=page.next)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return Response(page.model_dump_json(), media_type="application/json", headers=headers)


def outcome_of(outcome: Outcome, *, location: str) -> Response:
    """The first answer, marked where it is given again."""
    headers = {"Location": location}
    if outcome.replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(outcome.first.answer, outcome.first.status, headers=headers)
