"""`/v1/suppressions`: addresses that are not written to, by what led there; the addresses are not told."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from alert_api.bodies import read_json
from alert_api.cursors import id_cursor, read_id_cursor
from alert_api.once import Posting
from alert_api.openapi import PROBLEM, body_of
from alert_api.pages import outcome_of, page_of
from alert_api.problems import Problem
from alert_api.requests import (
    NoParameters,
    OptionalKey,
    SuppressionReader,
    Suppressions,
    SuppressionWriter,
)
from alert_api.services import With
from alert_api.suppression_lift import LiftPost, lift
from alert_api.views import Page, SuppressionView
from tocsin_store import suppressions

router: Final = APIRouter(tags=["suppressions"], responses=PROBLEM)


@router.get(
    "/v1/suppressions", responses={200: {"model": Page[SuppressionView]}}, summary="List suppressions"
)
async def list_suppressions(
    request: Request, caller: SuppressionReader, query: Suppressions, services: With
) -> Response:
    """List suppressions whose last strike came from the agency's own deliveries, oldest first."""
    after = read_id_cursor(query.after)
    active = None if query.active is None else query.active == "true"
    async with services.database.connection() as conn:
        found = await suppressions.page(
            conn,
            agency_id=caller.agency_id,
            after=after,
            active=active,
            channel=query.channel,
            limit=query.limit + 1,
        )
    cursor = id_cursor(found[query.limit - 1].id) if len(found) > query.limit else None
    items = [SuppressionView.model_validate(each) for each in found[: query.limit]]
    return page_of(request, Page(items=items, next=cursor))


@router.get(
    "/v1/suppressions/{suppression_id}",
    responses={200: {"model": SuppressionView}},
    dependencies=[NoParameters],
    summary="Show a suppression",
)
async def get_suppression(suppression_id: UUID, caller: SuppressionReader, services: With) -> Response:
    """Show what led to a suppression, and whether it was lifted."""
    async with services.database.connection() as conn:
        found = await suppressions.find(conn, suppression_id, agency_id=caller.agency_id)
    if found is None:
        raise Problem("not-found")
    return JSONResponse(SuppressionView.model_validate(found).model_dump(mode="json"))


@router.post(
    "/v1/suppressions/{suppression_id}/lift",
    responses={200: {"model": SuppressionView}},
    dependencies=[NoParameters],
    summary="Lift a suppression",
    openapi_extra=body_of(LiftPost),
)
async def post_lift(
    request: Request, suppression_id: UUID, caller: SuppressionWriter, key: OptionalKey, services: With
) -> Response:
    """Write to the address again, and forget the strikes that led here. Doing it again changes nothing."""
    body, content = await read_json(request)
    posting = Posting(caller, key, body, content, act=f"lift {suppression_id}")
    outcome = await lift(posting, suppression_id, services=services)
    return outcome_of(outcome, location=f"/v1/suppressions/{suppression_id}")
