"""Crowds of members for the bench: an agency of their own, a place of their own, domains as wished."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tests.support.e2e_agency import Agency
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tests.support.world import HOME, Resident, an_agency, settled_in
from tocsin_store import agencies
from tocsin_store.members import analyse

_EAST_M = 5_000.0
_EAST_DEGREES = 0.076
_PART = 20_000


@dataclass(frozen=True, slots=True)
class Crowd:
    """Members who all consented to one agency."""

    agency: Agency
    count: int
    area: dict[str, object]

    async def alerted(self, *, severity: str, **how: object) -> UUID:
        """Post an alert to all of them; `how` is what else its body says."""
        answer = await self.agency.post(
            {
                "category": "flood",
                "severity": severity,
                "areas": [self.area],
                "info": [{"language": "en-GB", "headline": "Flood", "description": "The river rises."}],
                "purpose": "public_task",
                **how,
            }
        )
        return answer.accepted.id


async def crowd(
    town: Town, count: int, *, east: int = 0, domains: Sequence[str] = ("homes.example",)
) -> Crowd:
    """Settle members around `HOME`, or so many steps of 5 km to its east; their addresses go round the domains."""
    agency = await an_agency(town.pool)
    key = agencies.new_key()
    at = (HOME[0] + east * _EAST_M, HOME[1])
    for start in range(0, count, _PART):
        part = range(start, min(start + _PART, count))
        residents = [Resident(at=at, domain=domains[number % len(domains)]) for number in part]
        await settled_in(town.pool, agency, residents)
    async with town.pool.acquire() as connection:
        await agencies.add_key(connection, key, agency_id=agency, scopes=list(agencies.Scope))
        await analyse(connection)
    area: dict[str, object] = {
        "circle": {"center": [-2.7592 + east * _EAST_DEGREES, 53.7644], "radius_m": 1_500}
    }
    return Crowd(town.agency(agency, key.text), count, area)


async def count_of(town: Town, alert: UUID) -> int:
    """How many of an alert's deliveries are merged as sent."""
    return int(
        await town.pool.fetchval(
            """SELECT coalesce(sum(n), 0) FROM (SELECT n FROM tally WHERE alert_id = $1 AND state = 'sent' AND bucket = -1
               UNION ALL SELECT n FROM tally_delta WHERE alert_id = $1 AND state = 'sent' AND bucket = -1) x""",
            alert,
        )
    )


async def handed_over(town: Town, alert: UUID, *, at_least: int, within: float = 300.0) -> None:
    """Return when that many are."""

    async def enough() -> bool:
        return await count_of(town, alert) >= at_least

    await eventually(enough, within=within)
