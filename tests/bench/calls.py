"""A caller's pace with two workers: the most calls in any second, the share of the limit, how soon a claim is a call."""

import asyncio
import json
import tempfile
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from statistics import quantiles
from typing import Final
from uuid import UUID

from rich.console import Console

from tests.bench.crowds import crowd
from tests.bench.rows import Row
from tests.support.e2e_town import town_of
from tests.support.texts import NUMBERED
from tocsin_local.stack import Stack
from tocsin_schemas.words import Channel
from tocsin_store.pool import Pool

_LIMIT: Final = 10
SECONDS: Final = 60
_SETTLES: Final = 600.0
_USED: Final = 0.8
_BEGUN_WITHIN: Final = 1.5
_CALLEES: Final = {
    "calls_per_s": None,
    "speed": 20,
    "callee": {"answers_after_s": {"least": 1, "most": 5}, "keys": ["1"], "key_share": 1},
}
"""Everybody answers soon, and presses 1."""

CALLER: Final = """
WITH c AS (UPDATE consent SET channel = 'voice' WHERE agency_id = $1 RETURNING member_id),
     a AS (UPDATE agency SET voice_from = '+441632960123', calls_per_s = $2 WHERE id = $1)
SELECT array_agg(member_id) FROM c
"""

# The trigger runs as the claim is being committed.
CLAIMS: Final = """
CREATE SCHEMA bench;
CREATE TABLE bench.claim (delivery uuid NOT NULL, fence int NOT NULL, at timestamptz NOT NULL);
CREATE FUNCTION bench.note_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench.claim VALUES (NEW.id, NEW.fence, clock_timestamp());
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER bench_claimed AFTER UPDATE ON delivery DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.fence > OLD.fence) EXECUTE FUNCTION bench.note_claim();
"""

Attempt = tuple[UUID, int]
"""Delivery and fence."""


@dataclass(frozen=True, slots=True)
class Called:
    """Attempts as the ledger and as the provider saw them, in unix time."""

    claimed: Mapping[Attempt, float]
    begun: Sequence[tuple[Attempt, float]]
    """When the requests for their calls reached the provider, in order."""


def measure(*, console: Console, seconds: int = SECONDS) -> list[Row]:
    """Call as many phones as the limit allows in so many seconds."""
    phones = _LIMIT * seconds
    behaviour = {"TOCSIN_SANDBOX_TWILIO_CALLS": json.dumps(_CALLEES)}
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        stack = Stack(Path(folder) / "stack", replicas={"voice-worker": 2}, extra_environment=behaviour)
        with stack:
            stack.wait_ready(timeout=timedelta(seconds=120))
            console.print(f"calls: {phones} phones at {_LIMIT} calls/s, two workers")
            called = Called(asyncio.run(_claims(stack, phones=phones)), _begun(stack))
        stack.delete()
    return [*_pace([at for _, at in called.begun], seconds=seconds), *_latency(called)]


async def _claims(stack: Stack, *, phones: int) -> Mapping[Attempt, float]:
    """Call everybody; returns when each was claimed."""
    async with town_of(stack) as town:
        people = await crowd(town, phones)
        members = await town.pool.fetchval(CALLER, people.agency.id, _LIMIT)
        await town.pool.execute(NUMBERED, members, Channel.VOICE.value)
        await town.pool.execute("ANALYZE contact_point, consent")
        await town.pool.execute(CLAIMS)
        alert = await people.alerted(severity="extreme", channels=[Channel.VOICE])
        await town.settled(alert, within=_SETTLES)
        return await _claimed(town.pool)


async def _claimed(pool: Pool) -> Mapping[Attempt, float]:
    rows = await pool.fetch("SELECT delivery, fence, extract(epoch FROM at)::float8 AS at FROM bench.claim")
    return {(row["delivery"], row["fence"]): row["at"] for row in rows}


def _begun(stack: Stack) -> list[tuple[Attempt, float]]:
    lines = (stack.layout.sandbox / "calls.log").read_text().splitlines()
    created = [one for one in map(json.loads, lines) if one["event"] == "created"]
    return sorted(((_attempt(one["reference"]), one["begun"]) for one in created), key=itemgetter(1))


def _attempt(reference: str) -> Attempt:
    delivery, fence, _ = reference.split(".")
    return UUID(hex=delivery), int(fence)


def _pace(begun: Sequence[float], *, seconds: int) -> list[Row]:
    most = max(_within(begun, 1.0, first=number) for number in range(len(begun)))
    made, full = _within(begun, seconds), _LIMIT * seconds
    used = made / full
    unit = f"calls in {seconds} s"
    return [
        Row("calls-most", most, "calls in a second", _LIMIT, most / _LIMIT, "≤ the limit", most <= _LIMIT),
        Row("calls-used", made, unit, full, used, f"≥ {_USED} of the limit", used >= _USED),
    ]


def _within(moments: Sequence[float], seconds: float, *, first: int = 0) -> int:
    """How many of these, which are in order, come from the first on."""
    return bisect_left(moments, moments[first] + seconds) - first


def _latency(called: Called) -> list[Row]:
    took = [begun - called.claimed[attempt] for attempt, begun in called.begun]
    shares = quantiles(took, n=100, method="inclusive")
    unit = f"s from a claim to its call; {len(took)} of {len(called.claimed)} claims were called"
    goal = f"≤ {_BEGUN_WITHIN} s"
    return [
        Row("calls-latency-p50", shares[49], unit),
        Row("calls-latency-p99", shares[98], "s", goal=goal, met=shares[98] <= _BEGUN_WITHIN),
    ]
