"""Accepts alerts in one statement, which is a transaction: their rows, their traces, the answers to their keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from tocsin_store.idempotency import REPLACE, FirstAnswer, found, lock_name
from tocsin_store.new_alerts import INSERTED, POSTED, NewAlert, values_of
from tocsin_store.pool import Connection

UNBORN: Final = UUID(int=0)
"""Stands in a bell for the alert's id, which the ledger gives it."""

ACCEPT: Final = f"""
WITH asked AS MATERIALIZED (
    SELECT uuidv7() AS id, a.*, k.key, k.actor, k.body_sha256, k.answer, k.bell,
           pg_try_advisory_xact_lock(hashtextextended(k.lock, 0)) AS held
    FROM   {POSTED}
    JOIN   unnest($27::text[], $28::text[], $29::text[], $30::bytea[], $31::text[], $32::text[])
                WITH ORDINALITY k(key, lock, actor, body_sha256, answer, bell, nth) USING (nth)
), first AS MATERIALIZED (
    SELECT nth, f.* FROM asked CROSS JOIN LATERAL ({found("asked.agency_id", "asked.key")} OFFSET 0) f
), going AS MATERIALIZED (
    SELECT * FROM asked WHERE held AND NOT EXISTS (SELECT FROM first WHERE first.nth = asked.nth)
), {INSERTED}, bells AS (
    INSERT INTO outbox (topic, key, event_type, value)
    SELECT $25, id, $26, convert_to(replace(bell, '{UNBORN}', id::text), 'UTF8') FROM going
    RETURNING id, key
), traces AS (
    INSERT INTO audit (agency_id, actor, action, subject)
    SELECT agency_id, actor, 'alert accepted', id::text FROM going
), kept AS (
    INSERT INTO idempotency (agency_id, key, body_sha256, status, bell, answer)
    SELECT g.agency_id, g.key, g.body_sha256, $24, b.id,
           g.answer::jsonb || jsonb_build_object(
               'id', g.id, 'created_at', to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))
    FROM   going  g
    JOIN   stored s ON s.id  = g.id
    JOIN   bells  b ON b.key = g.id
    {REPLACE}
    RETURNING agency_id, key, body_sha256, status, answer, bell
)
SELECT nth, false AS replayed, kept.body_sha256, status, kept.answer, kept.bell FROM kept JOIN going USING (agency_id, key)
UNION  ALL
SELECT nth, true, body_sha256, status, answer, bell FROM first
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """An alert as it is to be accepted, under a key of its agency's."""

    alert: NewAlert
    key: str
    actor: str
    """Id of the API key."""
    body_sha256: bytes
    answer: Mapping[str, object]
    """But for `id` and `created_at`."""
    bell: str
    """JSON, with UNBORN in place of the alert's id."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What is kept under the key."""

    first: FirstAnswer
    replayed: bool
    """Whether it was there before; then nothing was stored."""


async def accept(
    conn: Connection, asked: Sequence[Asked], *, status: int, topic: str, event_type: str
) -> list[Answered | None]:
    """Store alerts, all or none, or find what was answered to their keys; None where another request holds the key.

    Args:
        conn: Outside a transaction: what is answered is committed.
        asked: Each under another key.
        status: Of the answers.
        topic: Of the bells.
        event_type: Of the bells.

    Raises:
        NotNullViolationError: One of several was answered between the look and the lock: ask for each alone.
    """
    try:
        rows = await conn.fetch(
            ACCEPT,
            *values_of([each.alert for each in asked]),
            status,
            topic,
            event_type,
            [each.key for each in asked],
            [lock_name(each.alert.agency_id, key=each.key) for each in asked],
            [each.actor for each in asked],
            [each.body_sha256 for each in asked],
            [to_json(each.answer).decode() for each in asked],
            [each.bell for each in asked],
        )
    except asyncpg.NotNullViolationError as error:  # see REPLACE
        if error.column_name != "created_at" or len(asked) > 1:
            raise
        return [None]
    answered = {
        row["nth"]: Answered(
            FirstAnswer(row["body_sha256"], row["status"], row["answer"], row["bell"]), row["replayed"]
        )
        for row in rows
    }
    return [answered.get(nth) for nth in range(1, len(asked) + 1)]
