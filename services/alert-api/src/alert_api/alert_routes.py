"""`/v1/alerts`: post, follow, list."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from alert_api import alert_answers
from alert_api.accept import accept
from alert_api.alert_post import AlertPost
from alert_api.bodies import read_json
from alert_api.cursors import id_cursor, read_id_cursor
from alert_api.once import Posting
from alert_api.openapi import PROBLEM, body_of
from alert_api.pages import outcome_of, page_of
from alert_api.preview import preview
from alert_api.problems import Problem
from alert_api.requests import IdempotencyKey, NoParameters, Part, Reader, Writer
from alert_api.services import With
from alert_api.sms_views import Preview
from alert_api.views import Accepted, AlertSummary, AlertView, DeliveryView, Page
from tocsin_store import alerts, deliveries

router: Final = APIRouter(tags=["alerts"], responses=PROBLEM)


@router.post(
    "/v1/alerts",
    status_code=202,
    responses={202: {"model": Accepted}},
    dependencies=[NoParameters],
    summary="Post an alert",
    openapi_extra=body_of(AlertPost),
)
async def post_alert(request: Request, caller: Writer, key: IdempotencyKey, services: With) -> Response:
    """Accept an alert and send it: 202 means that it is stored and will reach every eligible member.

    Where `effective` is later it waits for that, and its audience is who is there then.

    Repeat it with the same Idempotency-Key after any error; it is accepted once.
    """
    body, content = await read_json(request)
    outcome = await accept(Posting(caller, key, body, content), key, services=services)
    return outcome_of(outcome, location=f"/v1/alerts/{outcome.first.answer['id']}")


@router.post(
    "/v1/alerts/preview",
    responses={200: {"model": Preview}},
    dependencies=[NoParameters],
    summary="Preview an alert",
    openapi_extra=body_of(AlertPost),
)
async def preview_alert(request: Request, caller: Writer, services: With) -> Response:
    """Say what would become of an alert if it were posted now; nothing is stored, nobody is written to.

    It is refused where a POST of it would be.
    """
    body, content = await read_json(request)
    answer = await preview(Posting(caller, None, body, content), services=services)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get(
    "/v1/alerts/{alert_id}",
    responses={200: {"model": AlertView}, 304: {"description": "As it was."}},
    dependencies=[NoParameters],
    summary="Follow an alert",
)
async def get_alert(
    alert_id: UUID,
    caller: Reader,
    services: With,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Show an alert as posted, its progress, and what it waits for."""
    async with services.database.connection() as conn:
        alert = await alerts.find(conn, alert_id, agency_id=caller.agency_id)
        if alert is None:
            raise Problem("not-found")
        answer = await alert_answers.full(
            conn, alert, agency_id=caller.agency_id, currency=services.sms.sms_currency
        )
    tag = alert_answers.entity_tag(answer)
    if tag in [each.strip() for each in (if_none_match or "").split(",")]:
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(answer, headers={"ETag": tag})


@router.get("/v1/alerts", responses={200: {"model": Page[AlertSummary]}}, summary="List alerts")
async def list_alerts(request: Request, caller: Reader, part: Part, services: With) -> Response:
    """List the agency's alerts, newest first."""
    before = read_id_cursor(part.after)
    async with services.database.connection() as conn:
        found = await alerts.page(conn, agency_id=caller.agency_id, before=before, limit=part.limit + 1)
    cursor = id_cursor(found[part.limit - 1].id) if len(found) > part.limit else None
    return page_of(
        request, Page(items=[alert_answers.summary(alert) for alert in found[: part.limit]], next=cursor)
    )


@router.get(
    "/v1/alerts/{alert_id}/deliveries",
    responses={200: {"model": Page[DeliveryView]}},
    summary="List an alert's deliveries",
)
async def list_deliveries(
    request: Request, alert_id: UUID, caller: Reader, part: Part, services: With
) -> Response:
    """List what became of an alert, one row per member and contact point."""
    after = read_id_cursor(part.after)
    async with services.database.connection() as conn:
        if await alerts.find(conn, alert_id, agency_id=caller.agency_id) is None:
            raise Problem("not-found")
        found = await deliveries.page(conn, alert_id=alert_id, after=after, limit=part.limit + 1)
    cursor = id_cursor(found[part.limit - 1].id) if len(found) > part.limit else None
    items = [DeliveryView.model_validate(each, from_attributes=True) for each in found[: part.limit]]
    return page_of(request, Page(items=items, next=cursor))
