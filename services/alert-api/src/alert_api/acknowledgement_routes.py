"""`/v1/alerts/{id}/acknowledgements`: who has seen an alert, counted for each of its areas."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter

from alert_api.acknowledgement_views import Acknowledgements, acknowledgements_of
from alert_api.openapi import PROBLEM
from alert_api.problems import Problem
from alert_api.requests import Reader, Which
from alert_api.services import With
from tocsin_store import acknowledgements, alerts

router: Final = APIRouter(tags=["alerts"], responses=PROBLEM)


@router.get("/v1/alerts/{alert_id}/acknowledgements", summary="Count who has seen an alert")
async def get_acknowledgements(
    alert_id: UUID, caller: Reader, which: Which, services: With
) -> Acknowledgements:
    """Count the members who say that they have seen an alert, by link, text or key: as it is now, in one snapshot.

    `areas` has each area as it was posted, with the members who live, work or watch over a place in it. Who has places
    in two areas counts in both, and who has moved away in none: areas need not add up to the whole.
    """
    async with services.database.connection() as conn:
        alert = await alerts.find(conn, alert_id, agency_id=caller.agency_id)
        version = which.version or (alert.version if alert else 0)
        if alert is None or version > alert.version:
            raise Problem("not-found")
        counts = await acknowledgements.count(conn, alert_id, version=version)
        body = next(each.body for each in await alerts.versions(conn, alert_id) if each.version == version)
    return acknowledgements_of(counts, body, alert_id=alert_id, version=version)
