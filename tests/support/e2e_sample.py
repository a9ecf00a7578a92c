"""One alert to the demo's members, as an agency would post it, and what the ledger's storage made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from tests.support.e2e_agency import Agency
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_local.demo_alert import ALERT
from tocsin_local.demo_load import Loaded
from tocsin_schemas.words import Channel

UPDATES = """
SELECT coalesce(sum(n_tup_upd), 0)::int AS updates, coalesce(sum(n_tup_hot_upd), 0)::int AS hot
FROM   pg_stat_user_tables WHERE relname LIKE 'delivery\\_%'
"""


@dataclass(frozen=True, slots=True)
class Updates:
    """Updates of ledger rows: all, and those that stayed on their page."""

    all: int
    hot: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The alert, settled."""

    alert: UUID
    expected: Mapping[Channel, int]
    updates: Updates


async def sample_agency(town: Town, sample: Loaded) -> Agency:
    """The demo's agency."""
    id_: UUID = await town.pool.fetchval("SELECT id FROM agency WHERE slug = 'sample-fire'")
    return town.agency(id_, sample.api_key)


async def sent_to_the_sample(town: Town, sample: Loaded) -> Sent:
    """Post the demo's alert and wait until it is settled and its updates are counted."""
    before = await _updates(town)
    alert = (await (await sample_agency(town, sample)).post(ALERT)).accepted.id
    await town.reported(alert)

    async def counted() -> Updates | None:  # backends report theirs when they rest
        now = await _updates(town)
        return now if now.all - before.all >= 2 * sample.deliveries else None

    after = await eventually(counted)
    assert after is not None
    return Sent(alert, sample.expected, Updates(after.all - before.all, after.hot - before.hot))


async def _updates(town: Town) -> Updates:
    row = await town.pool.fetchrow(UPDATES)
    assert row is not None
    return Updates(row["updates"], row["hot"])
