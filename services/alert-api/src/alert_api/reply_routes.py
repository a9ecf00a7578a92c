"""Replies: what members answered, and what is answered to them."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from alert_api.alert_states import found
from alert_api.bodies import read_bounded, read_json
from alert_api.cursors import id_cursor, read_id_cursor
from alert_api.once import Outcome, Posting
from alert_api.openapi import PROBLEM, body_of
from alert_api.pages import outcome_of, page_of
from alert_api.problems import Fault, Problem
from alert_api.reply_answer import AnswerPost, answer, close
from alert_api.requests import (
    IdempotencyKey,
    NoParameters,
    OptionalKey,
    Paging,
    Part,
    ReplyReader,
    ReplyWriter,
)
from alert_api.services import Services, With
from alert_api.views import Answered, Page, ReplyView
from tocsin_store import replies

router: Final = APIRouter(tags=["replies"], responses=PROBLEM)

_MOST_BYTES: Final = 1_024
_EMPTY: Final = frozenset({b"", b"{}"})


@router.get(
    "/v1/alerts/{alert_id}/replies",
    responses={200: {"model": Page[ReplyView]}},
    summary="List the replies to an alert",
)
async def list_replies_to(
    request: Request, alert_id: UUID, caller: ReplyReader, part: Part, services: With
) -> Response:
    """List what was answered to an alert, and to answers that followed, oldest first."""
    async with services.database.connection() as conn:
        await found(conn, alert_id, agency_id=caller.agency_id)
    return await _page(request, part, services, agency_id=caller.agency_id, alert_id=alert_id)


@router.get("/v1/replies", responses={200: {"model": Page[ReplyView]}}, summary="List replies")
async def list_replies(request: Request, caller: ReplyReader, part: Part, services: With) -> Response:
    """List everything that was answered to the agency, oldest first; also what is about no alert."""
    return await _page(request, part, services, agency_id=caller.agency_id, alert_id=None)


@router.post(
    "/v1/alerts/{alert_id}/replies/{reply_id}/answer",
    status_code=202,
    responses={202: {"model": Answered}},
    dependencies=[NoParameters],
    summary="Answer a reply to an alert",
    openapi_extra=body_of(AnswerPost),
)
async def post_answer_to(
    request: Request, alert_id: UUID, reply_id: UUID, caller: ReplyWriter, key: IdempotencyKey, services: With
) -> Response:
    """Answer a text with a text: with an alert to one, which can be followed and cancelled like any other.

    An open reply can be answered, once. Repeat it with the same Idempotency-Key after any error.
    """
    body, content = await read_json(request)
    posting = Posting(caller, key, body, content, act=f"answer {alert_id} {reply_id}")
    return _answered(await answer(posting, reply_id, services=services, alert_id=alert_id))


@router.post(
    "/v1/replies/{reply_id}/answer",
    status_code=202,
    responses={202: {"model": Answered}},
    dependencies=[NoParameters],
    summary="Answer a reply",
    openapi_extra=body_of(AnswerPost),
)
async def post_answer(
    request: Request, reply_id: UUID, caller: ReplyWriter, key: IdempotencyKey, services: With
) -> Response:
    """Answer a text with a text, as by the path of its alert: what is about no alert cannot be answered."""
    body, content = await read_json(request)
    posting = Posting(caller, key, body, content, act=f"answer {reply_id}")
    return _answered(await answer(posting, reply_id, services=services))


@router.post(
    "/v1/alerts/{alert_id}/replies/{reply_id}/close",
    responses={200: {"model": ReplyView}},
    dependencies=[NoParameters],
    summary="Close a reply to an alert",
)
async def post_close_of(
    request: Request, alert_id: UUID, reply_id: UUID, caller: ReplyWriter, key: OptionalKey, services: With
) -> Response:
    """Close a reply that is open or answered; it stays in the lists. There is no body."""
    await _require_no_body(request)
    posting = Posting(caller, key, b"", {}, act=f"close {alert_id} {reply_id}")
    outcome = await close(posting, reply_id, services=services, alert_id=alert_id)
    return outcome_of(outcome, location=f"/v1/alerts/{alert_id}/replies")


@router.post(
    "/v1/replies/{reply_id}/close",
    responses={200: {"model": ReplyView}},
    dependencies=[NoParameters],
    summary="Close a reply",
)
async def post_close(
    request: Request, reply_id: UUID, caller: ReplyWriter, key: OptionalKey, services: With
) -> Response:
    """Close a reply that is open or answered, whether it is about an alert or not. There is no body."""
    await _require_no_body(request)
    posting = Posting(caller, key, b"", {}, act=f"close {reply_id}")
    return outcome_of(await close(posting, reply_id, services=services), location="/v1/replies")


def _answered(outcome: Outcome) -> Response:
    return outcome_of(outcome, location=f"/v1/alerts/{outcome.first.answer['id']}")


async def _require_no_body(request: Request) -> None:
    if (await read_bounded(request, most=_MOST_BYTES)).strip() not in _EMPTY:
        raise Problem("validation", faults=[Fault("", "no_body", "Closing takes no body.")])


async def _page(
    request: Request, part: Paging, services: Services, *, agency_id: UUID, alert_id: UUID | None
) -> Response:
    after = read_id_cursor(part.after)
    async with services.database.connection() as conn:
        seen = await replies.page(
            conn, agency_id=agency_id, alert_id=alert_id, after=after, limit=part.limit + 1
        )
    cursor = id_cursor(seen[part.limit - 1].id) if len(seen) > part.limit else None
    items = [ReplyView.model_validate(each) for each in seen[: part.limit]]
    return page_of(request, Page(items=items, next=cursor))
