"""Alerts: one row each, the content of every version beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic_core import to_json

from tocsin_schemas.words import RANK, Channel, Lane, Purpose, Severity
from tocsin_store.gate import CHANGE
from tocsin_store.geometry import Shape, polygon_text
from tocsin_store.pool import Connection, Row
from tocsin_store.waves import Step


@dataclass(frozen=True, slots=True)
class Expected:
    """What a version was foretold to be when it was posted; None where it could not be, or has none of it."""

    texts: int | None = None
    segments: float | None = None
    """Of a text, on average."""
    calls: int | None = None


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert about to go live. `body` is what was posted, defaults filled in."""

    agency_id: UUID
    lane: Lane
    severity: Severity
    purpose: Purpose
    expires_at: datetime
    body: Mapping[str, object]
    shapes: Sequence[Shape]
    channels: Sequence[Channel]
    later: Sequence[Step] = ()
    """The steps of its plan after the first, which is `channels`."""
    effective: datetime | None = None
    """When it begins, where that is later: the audience is frozen then."""
    answers: UUID | None = None
    """The reply that it answers, where it is an answer."""
    only_contact_point: UUID | None = None
    """Whom it goes to, where that is one; consent is asked for as of any other."""
    expected: Expected = Expected()

    @property
    def steps(self) -> Sequence[Step]:
        """Its channels, and then the others of its plan."""
        return (Step(self.channels), *self.later)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What replaces the version in force."""

    state: Literal["live", "cancelled"]
    lane: Lane
    severity: Severity
    purpose: Purpose
    expires_at: datetime
    body: Mapping[str, object]
    shapes: Sequence[Shape]
    channels: Sequence[Channel]
    reached: bool
    """To those whom any earlier version reached, on these channels; else to everyone now in the audience."""
    expected: Expected = Expected()

    @property
    def steps(self) -> Sequence[Step]:
        """One: it goes out at once."""
        return (Step(self.channels),)


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it was posted."""

    version: int
    created_at: datetime
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert with the content of its newest version."""

    id: UUID
    version: int
    state: str
    lane: Lane
    created_at: datetime
    frozen_at: datetime
    expires_at: datetime
    open: bool
    """Whether the version in force may be sent, until it expires."""
    body: Mapping[str, object]
    answers: UUID | None = None
    """The reply that it answers, where it is an answer."""


_COLUMNS: Final = (
    "a.id, a.version, a.state, a.lane, a.created_at, a.frozen_at, a.expires_at, a.open, a.answers"
)

# Beside the rows of alerts, `new`, each with its number: what their versions say, where they go and how.
_VERSIONS: Final = """
content AS (
    INSERT INTO alert_content (alert_id, version, body, texts_expected, segments_expected, calls_expected)
    SELECT new.id, new.version, c.body::jsonb, c.texts, c.segments, c.calls
    FROM   new
    JOIN   unnest($3::text[], $4::int[], $5::real[], $6::int[])
                WITH ORDINALITY c(body, texts, segments, calls, nth) USING (nth)
), shapes AS (
    INSERT INTO alert_shape (alert_id, version, outline, holes, area)
    SELECT new.id, new.version, s.outline::polygon, s.holes::polygon[], s.area
    FROM   new
    JOIN   unnest($7::int[], $8::text[], $9::text[], $10::smallint[]) s(nth, outline, holes, area) USING (nth)
), fan_outs AS (
    INSERT INTO fan_out (alert_id, version, wave, channel, lane, not_before, stops_at, reached, only_contact_point)
    SELECT new.id, new.version, f.wave, f.channel, new.lane, new.frozen_at + f.after, f.stops_at, $1::boolean, $2::uuid
    FROM   new
    JOIN   unnest($11::int[], $12::int[], $13::text[], $14::interval[], $15::smallint[])
                f(nth, wave, channel, after, stops_at) USING (nth)
)"""

POSTED: Final = """
unnest($16::uuid[], $17::text[], $18::text[], $19::text[], $20::timestamptz[], $21::timestamptz[], $22::uuid[],
       $23::smallint[])
WITH   ORDINALITY a(agency_id, lane, severity, purpose, expires_at, effective, answers, last_wave, nth)"""
"""New alerts, each with its number; see `values_of`."""

# `going`: those of POSTED that are to be, with their ids.
INSERTED: Final = f"""
stored AS (
    INSERT INTO alert AS a
          (id, agency_id, state,  lane,       severity, purpose, expires_at, frozen_at,                  answers, last_wave)
    SELECT id, agency_id, 'live', lane::lane, severity, purpose, expires_at, coalesce(effective, now()), answers, last_wave
    FROM   going
    RETURNING {_COLUMNS}
), new AS (
    SELECT going.nth, stored.* FROM stored JOIN going USING (id)
), {_VERSIONS}"""
"""Their first versions."""

_INSERT: Final = f"""
WITH going AS MATERIALIZED (
    SELECT uuidv7() AS id, a.* FROM {POSTED}
), {INSERTED} SELECT * FROM stored
"""

_ADD_VERSION: Final = f"""
WITH stored AS (
    UPDATE alert a
    SET    version = a.version + 1, state = $17, open = true, lane = $18::text::lane, severity = $19, purpose = $20,
           expires_at = $21, frozen_at = now(), last_wave = 0
    WHERE  id = $16
    RETURNING {_COLUMNS}
), new AS (
    SELECT 1 AS nth, * FROM stored
), {_VERSIONS} SELECT * FROM stored
"""


async def insert(conn: Connection, alert: NewAlert) -> Alert:
    """Write the first version of an alert, live, with its shapes and one fan-out a channel.

    The caller's transaction also holds audit and outbox; nothing is accepted before its commit.
    """
    row = await conn.fetchrow(_INSERT, *values_of([alert], only=alert.only_contact_point))
    if row is None:  # an INSERT without ON CONFLICT returns its row; the type does not know
        raise LookupError("alert")
    return _alert(row, body=alert.body)


def values_of(new: Sequence[NewAlert], *, only: UUID | None = None) -> tuple[object, ...]:
    """What INSERTED and POSTED take, in their order; `only` is the contact point that all of them go to, if they do."""
    return (
        *_version_values(new, only=only),
        [alert.agency_id for alert in new],
        [alert.lane.value for alert in new],
        [alert.severity.value for alert in new],
        [alert.purpose.value for alert in new],
        [alert.expires_at for alert in new],
        [alert.effective for alert in new],
        [alert.answers for alert in new],
        [len(alert.later) for alert in new],
    )


async def lock(conn: Connection, alert_id: UUID, *, agency_id: UUID) -> Alert | None:
    """Read an agency's alert so that nobody else changes it before the transaction ends; waits for claims in flight."""
    await conn.execute(CHANGE, alert_id)
    # Two statements: what one that had to wait joins is from before the wait, and the newest version is not in it.
    await conn.execute(
        "SELECT FROM alert WHERE id = $1 AND agency_id = $2 FOR NO KEY UPDATE", alert_id, agency_id
    )
    return await find(conn, alert_id, agency_id=agency_id)


async def cancel(conn: Connection, alert: Alert) -> None:
    """End a locked alert: from the commit on no claim takes any of it, and what has not begun never does."""
    await conn.execute("UPDATE alert SET state = 'cancelled', open = false WHERE id = $1", alert.id)
    await _end_scheduled(conn, alert)


async def add_version(conn: Connection, alert: Alert, new: NewVersion) -> Alert:
    """Replace the version in force of a locked alert: from the commit on no claim takes anything of earlier ones."""
    await _end_scheduled(conn, alert)
    row = await conn.fetchrow(
        _ADD_VERSION,
        *_version_values([new], reached=new.reached),
        alert.id,
        new.state,
        new.lane.value,
        new.severity,
        new.purpose,
        new.expires_at,
    )
    if row is None:
        raise LookupError("alert")
    return _alert(row, body=new.body)


async def _end_scheduled(conn: Connection, alert: Alert) -> None:
    """End fan-outs whose time has not come: nobody was promised anything yet."""
    await conn.execute(
        """UPDATE fan_out SET done_at = now()
           WHERE  alert_id = $1 AND done_at IS NULL AND not_before > now()""",
        alert.id,
    )


async def channels_of(conn: Connection, alert_id: UUID) -> list[Channel]:
    """The channels that any version of an alert was sent on."""
    rows = await conn.fetch(
        "SELECT DISTINCT channel FROM fan_out WHERE alert_id = $1 ORDER BY channel", alert_id
    )
    return [Channel(row["channel"]) for row in rows]


async def versions(conn: Connection, alert_id: UUID) -> list[Version]:
    """Every version, oldest first."""
    rows = await conn.fetch(
        "SELECT version, created_at, body FROM alert_content WHERE alert_id = $1 ORDER BY version", alert_id
    )
    return [Version(**row) for row in rows]


def _version_values(
    new: Sequence[NewAlert | NewVersion], *, reached: bool = False, only: UUID | None = None
) -> tuple[object, ...]:
    shapes = [(nth, shape) for nth, each in enumerate(new, start=1) for shape in each.shapes]
    fan_outs = [
        (nth, wave, channel, step)
        for nth, each in enumerate(new, start=1)
        for wave, step in enumerate(each.steps)
        for channel in step.channels
    ]
    return (
        reached,
        only,
        [to_json(each.body).decode() for each in new],
        [each.expected.texts for each in new],
        [each.expected.segments for each in new],
        [each.expected.calls for each in new],
        [nth for nth, _ in shapes],
        # As text: asyncpg takes a polygon inside an array for another array.
        [polygon_text(shape.outline) for _, shape in shapes],
        ["{" + ",".join(f'"{polygon_text(hole)}"' for hole in shape.holes) + "}" for _, shape in shapes],
        [shape.area for _, shape in shapes],
        [nth for nth, _, _, _ in fan_outs],
        [wave for _, wave, _, _ in fan_outs],
        [channel.value for _, _, channel, _ in fan_outs],
        [step.after for _, _, _, step in fan_outs],
        [step.stops_at and RANK[step.stops_at] for _, _, _, step in fan_outs],
    )


async def find(conn: Connection, alert_id: UUID, *, agency_id: UUID) -> Alert | None:
    """An agency's alert; None where it is another's: its existence is not told."""
    row = await conn.fetchrow(
        f"""
        SELECT {_COLUMNS}, c.body
        FROM   alert         a
        JOIN   alert_content c ON c.alert_id = a.id AND c.version = a.version
        WHERE  a.id = $1 AND a.agency_id = $2
        """,
        alert_id,
        agency_id,
    )
    return None if row is None else _alert(row)


async def page(conn: Connection, *, agency_id: UUID, before: UUID | None, limit: int) -> list[Alert]:
    """An agency's alerts but for answers, newest first, from below `before`; stable under inserts."""
    rows = await conn.fetch(
        f"""
        SELECT {_COLUMNS}, c.body
        FROM   alert         a
        JOIN   alert_content c ON c.alert_id = a.id AND c.version = a.version
        WHERE  a.agency_id = $1 AND a.answers IS NULL AND ($2::uuid IS NULL OR a.id < $2)
        ORDER  BY a.id DESC
        LIMIT  $3
        """,
        agency_id,
        before,
        limit,
    )
    return [_alert(row) for row in rows]


def _alert(row: Row, *, body: Mapping[str, object] | None = None) -> Alert:
    found = {**row, "lane": Lane(row["lane"])}
    return Alert(**found) if body is None else Alert(**found, body=body)
