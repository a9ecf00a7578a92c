"""Escalation: 10,000 members are silent; from the moment their next step is due until all of it is on Kafka."""

import asyncio
import time
from dataclasses import dataclass
from statistics import median
from typing import Final
from uuid import UUID

from rich.console import Console

from tests.bench.county import running_stack
from tests.bench.crowds import Crowd, crowd
from tests.bench.rows import Row
from tests.support.e2e_town import Town, town_of
from tests.support.eventually import eventually
from tests.support.world import tallied
from tocsin_local.stack import Stack
from tocsin_schemas.words import State
from tocsin_store.pool import Pool

MEMBERS: Final = 10_000
_ROUNDS: Final = 3
_WITHIN: Final = 300.0
_GOAL: Final = 3.0
_PLAN: Final = [{"channels": ["sms"]}, {"after": "PT1H", "channels": ["email"]}]
_LOST: Final = [{"phase": "callback", "action": {"type": "lose"}}]

PHONES: Final = """
WITH a AS (UPDATE agency SET sms_from = '+447700900123', sms_segments_per_s = 1000000 WHERE id = $1),
     c AS (SELECT * FROM consent WHERE agency_id = $1),
     p AS (INSERT INTO contact_point (member_id, channel, address, confirmed_at)
           SELECT member_id, 'sms', '+447' || lpad((row_number() OVER ())::text, 9, '0'), now() FROM c)
INSERT INTO consent (member_id, agency_id, purpose, channel, evidence)
SELECT member_id, agency_id, purpose, 'sms', '{}' FROM c
"""

# The triggers run as their transactions are being committed; an enqueue's comes after the acks of Kafka.
CHUNKS: Final = """
CREATE SCHEMA bench;
CREATE TABLE bench.chunk (alert uuid NOT NULL, wave int NOT NULL, what text NOT NULL, n int NOT NULL,
                          begun timestamptz NOT NULL, at timestamptz NOT NULL);
CREATE FUNCTION bench.note_chunk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench.chunk VALUES (NEW.alert_id, NEW.wave, TG_OP, NEW.deliveries, now(), clock_timestamp());
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER bench_inserted AFTER INSERT ON chunk DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION bench.note_chunk();
CREATE CONSTRAINT TRIGGER bench_enqueued AFTER UPDATE ON chunk DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.enqueued_at IS NULL AND NEW.enqueued_at IS NOT NULL) EXECUTE FUNCTION bench.note_chunk();
"""

ENQUEUED: Final = "SELECT sum(n) FROM bench.chunk WHERE alert = $1 AND wave = 1 AND what = 'UPDATE'"
DUE: Final = "UPDATE fan_out SET not_before = now() + interval '3 seconds' WHERE alert_id = $1 AND wave = 1"

# The same rows under the id of an alert that there is not: nobody looks for them.
BARE: Final = """
INSERT INTO delivery (id, alert_id, alert_version, member_id, contact_point_id, wave, channel)
SELECT delivery_id($2, 1, member_id, contact_point_id, wave), $2, 1, member_id, contact_point_id, wave, channel
FROM   delivery WHERE id >= alert_first($1) AND id < alert_end($1) AND alert_id = $1 AND wave = 0
ORDER  BY 1
ON CONFLICT DO NOTHING
"""

TIMES: Final = """
SELECT extract(epoch FROM min(c.begun) FILTER (WHERE what = 'INSERT') - f.not_before)::float8 AS begins,
       extract(epoch FROM max(c.at)    FILTER (WHERE what = 'INSERT') - f.not_before)::float8 AS inserted,
       extract(epoch FROM max(c.at)    FILTER (WHERE what = 'UPDATE') - f.not_before)::float8 AS enqueued,
       extract(epoch FROM avg(c.at - c.begun) FILTER (WHERE what = 'INSERT'))::float8         AS each_insert,
       extract(epoch FROM avg(c.at - c.begun) FILTER (WHERE what = 'UPDATE'))::float8         AS each_enqueue,
       count(*) FILTER (WHERE what = 'INSERT')                                                AS chunks
FROM   bench.chunk c JOIN fan_out f ON f.alert_id = c.alert AND f.wave = c.wave
WHERE  c.alert = $1 AND c.wave = 1
GROUP  BY f.not_before
"""


@dataclass(frozen=True, slots=True)
class Climbed:
    """One alert, in seconds; the first three since its step was due."""

    begins: float
    """Until its first chunk is begun."""
    inserted: float
    enqueued: float
    each_insert: float
    """A chunk's transaction, on average."""
    each_enqueue: float
    chunks: int
    bare: float
    """What the bare INSERT took before."""


def measure(*, console: Console, members: int = MEMBERS) -> list[Row]:
    """Text so many members three times, and email them when nothing comes of it."""
    with running_stack(TOCSIN_SMS_PACED="false", TOCSIN_WINDOW_LEAST="1000000") as stack:
        rounds = asyncio.run(_rounds(stack, members=members, console=console))
    bare, whole = median(each.bare for each in rounds), median(each.enqueued for each in rounds)
    chunks = rounds[-1].chunks
    return [
        Row("escalation-insert", bare, f"s, the bare INSERT of {members:,}, median of {_ROUNDS}"),
        Row(
            "escalation",
            whole,
            f"s from due to the last of {members:,} on Kafka",
            bare,
            whole / bare,
            f"≤ {_GOAL:.0f} times the INSERT",
            whole <= _GOAL * bare,
        ),
        Row("escalation-begins", median(each.begins for each in rounds), "s from due to the first chunk"),
        Row("escalation-inserted", median(each.inserted for each in rounds), "s from due to the last row"),
        Row("escalation-chunk", median(each.each_insert for each in rounds), f"s to insert one of {chunks}"),
        Row("escalation-enqueue", median(each.each_enqueue for each in rounds), "s to put one on Kafka"),
    ]


async def _rounds(stack: Stack, *, members: int, console: Console) -> list[Climbed]:
    async with town_of(stack) as town:
        await town.phones.misbehave("twilio", _LOST)
        people = await crowd(town, members)
        await town.pool.execute(PHONES, people.agency.id)
        await town.pool.execute("ANALYZE contact_point, consent")
        await town.pool.execute(CHUNKS)
        console.print(f"escalation: {members} members silent on text, then email; {_ROUNDS} times")
        return [await _round(town, people) for _ in range(_ROUNDS)]


async def _round(town: Town, people: Crowd) -> Climbed:
    alert = await people.alerted(severity="severe", plan=_PLAN)
    await eventually(lambda: _is_sent(town.pool, alert, of=people.count), within=_WITHIN)
    bare = await _bare(town.pool, alert)
    await town.pool.execute(DUE, alert)
    await eventually(lambda: _is_enqueued(town.pool, alert, of=people.count), within=_WITHIN)
    times = await town.pool.fetchrow(TIMES, alert)
    assert times is not None
    await town.settled(alert, within=_WITHIN)
    return Climbed(**times, bare=bare)


async def _is_sent(pool: Pool, alert: UUID, *, of: int) -> bool:
    return (await tallied(pool, alert)).get(State.SENT) == of


async def _is_enqueued(pool: Pool, alert: UUID, *, of: int) -> bool:
    return bool(await pool.fetchval(ENQUEUED, alert) == of)


async def _bare(pool: Pool, alert: UUID) -> float:
    """Seconds that it takes to write as many rows into the ledger."""
    nobody = await pool.fetchval("SELECT uuidv7()")
    began = time.perf_counter()
    await pool.execute(BARE, alert, nobody)
    return time.perf_counter() - began
