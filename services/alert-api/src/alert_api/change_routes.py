"""`/v1/alerts/{id}/updates` and `/v1/alerts/{id}/cancel`: what changes an alert."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from alert_api.alert_changes import AlertUpdate, CancelPost
from alert_api.bodies import read_json
from alert_api.cancel import cancel
from alert_api.once import Posting
from alert_api.openapi import PROBLEM, body_of
from alert_api.pages import outcome_of
from alert_api.requests import IdempotencyKey, NoParameters, Writer
from alert_api.services import With
from alert_api.update import update
from alert_api.views import Accepted, Cancelled

router: Final = APIRouter(tags=["alerts"], responses=PROBLEM)


@router.post(
    "/v1/alerts/{alert_id}/updates",
    status_code=202,
    responses={202: {"model": Accepted}},
    dependencies=[NoParameters],
    summary="Update an alert",
    openapi_extra=body_of(AlertUpdate),
)
async def post_update(
    request: Request, alert_id: UUID, caller: Writer, key: IdempotencyKey, services: With
) -> Response:
    """Replace what an alert says: what was not sent yet is superseded, and `to` says who gets the new version.

    A live alert can be updated, and one that is completed for 7 days after it began. Repeat it with the same
    Idempotency-Key after any error.
    """
    body, content = await read_json(request)
    posting = Posting(caller, key, body, content, act=f"update {alert_id}")
    outcome = await update(posting, alert_id, services=services)
    return outcome_of(outcome, location=f"/v1/alerts/{alert_id}")


@router.post(
    "/v1/alerts/{alert_id}/cancel",
    status_code=202,
    responses={202: {"model": Cancelled}},
    dependencies=[NoParameters],
    summary="Cancel an alert",
    openapi_extra=body_of(CancelPost),
)
async def post_cancel(
    request: Request, alert_id: UUID, caller: Writer, key: IdempotencyKey, services: With
) -> Response:
    """Call an alert off: within 2 seconds nothing of it is sent any more. An all-clear goes to those it reached.

    A live alert can be cancelled; with an all-clear also one that is completed, for 7 days after it began. Repeat it
    with the same Idempotency-Key after any error.
    """
    body, content = await read_json(request)
    posting = Posting(caller, key, body, content, act=f"cancel {alert_id}")
    outcome = await cancel(posting, alert_id, services=services)
    return outcome_of(outcome, location=f"/v1/alerts/{alert_id}")
