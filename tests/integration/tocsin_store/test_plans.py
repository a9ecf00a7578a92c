"""Plans on a fresh ledger that nobody analysed: what is large is read by conditions on an index, never as a whole."""

from collections.abc import Mapping
from typing import Final

import pytest

from tests.support.plans import nodes, plan_of, table, unprobed
from tests.support.world import waiting
from tocsin_store import (
    acknowledgements,
    callbacks,
    due,
    enqueue,
    inbound,
    lines,
    opt_outs,
    pace,
    pauses,
    provider_messages,
    settle,
    suppressions,
)
from tocsin_store.claim import CLAIM
from tocsin_store.merge import LOCK, MERGE, MERGE_NEW
from tocsin_store.pool import Pool

LARGE = (
    "delivery",
    "receipt",
    "due",
    "member",
    "contact_point",
    "place",
    "consent",
    "quiet_hours",
    "suppression",
    "strike",
    "chunk",
    "alert",
    "alert_content",
    "provider_message",
    "callback",
    "household_call",
)
STATEMENTS: Final[Mapping[str, tuple[str, set[str]]]] = {
    "claim": (CLAIM, {"delivery", "contact_point", "member", "due", "consent", "quiet_hours", "suppression"}),
    "merge": (MERGE, {"delivery", "alert", "contact_point", "due"}),
    "merge what is new": (MERGE_NEW, {"delivery", "alert", "contact_point", "due"}),
    "close": (settle.CLOSE, {"delivery", "due"}),
    "settle version": (settle.SETTLE_VERSION, {"delivery"}),
    "held": (settle.HELD, {"delivery"}),
    "recover": (settle.RECOVER, {"delivery", "alert"}),
    "lock": (LOCK, {"delivery"}),
    "take due": (due.TAKE, {"due"}),
    "next paced": (enqueue.NEXT_PACED, {"chunk", "alert"}),
    "put off": (pace.PUT_OFF, {"alert", "delivery"}),
    "note": (provider_messages.NOTE, {"delivery", "alert"}),
    "take silent": (provider_messages.TAKE_SILENT, {"provider_message", "delivery", "alert"}),
    "seize": (lines.SEIZE, {"member", "delivery", "contact_point", "household_call", "line", "due"}),
    "free": (lines.FREE, {"delivery", "contact_point", "line"}),
    "still waiting": (enqueue.STILL_WAITING, {"delivery", "due"}),
    "probe": (pauses.PROBE, {"due"}),
    "release": (pauses.RELEASE, {"due"}),
    "stranded": (pauses.STRANDED, {"due"}),
    "suppress": (suppressions.SUPPRESS, {"strike"}),
    "absorb": (callbacks.ABSORB, {"delivery", "alert", "provider_message", "callback"}),
    "join": (callbacks.JOIN, {"delivery", "alert", "provider_message", "callback"}),
    **{f"stop {channel}": (stop, {"contact_point", "consent"}) for channel, stop in opt_outs.STOP.items()},
    "start": (opt_outs.START, {"contact_point", "consent"}),
    "refused": (opt_outs.WITHDRAW_REFUSED, {"contact_point", "consent"}),
    "people": (inbound.PEOPLE, {"contact_point", "consent", "member"}),
    "thread": (inbound.THREAD, {"contact_point", "provider_message", "delivery", "alert"}),
    "seen": (acknowledgements.FIND, {"alert", "alert_content", "member", "consent"}),
    "count seen": (acknowledgements.COUNT, {"delivery", "place"}),
    "lent": (inbound.LENT, {"contact_point", "provider_message"}),
}


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("parked", [0, 20_000])
async def test_what_is_large_is_read_by_key(pool: Pool, name: str, parked: int) -> None:
    statement, expected = STATEMENTS[name]
    await _fresh_ledger(pool, parked=parked)

    plan = await plan_of(pool, statement)

    assert unprobed(plan, LARGE) == []
    assert expected <= {table(node) for node in nodes(plan)}


async def _fresh_ledger(pool: Pool, *, parked: int) -> None:
    if await pool.fetchval("SELECT count(*) FROM (SELECT FROM delivery LIMIT 20000) x") < 20_000:
        await waiting(pool, 20_000)
    await pool.execute("TRUNCATE due")
    await pool.execute(
        """INSERT INTO due (delivery_id, alert_id, kind, channel, lane, route, due_at, produce_after)
           SELECT id, alert_id, 'send', 'email', 'urgent', 'homes.example', now(), now() FROM delivery LIMIT $1""",
        parked,
    )
    await pool.execute("DELETE FROM pg_statistic WHERE starelid = ANY($1::regclass[])", list(LARGE))
