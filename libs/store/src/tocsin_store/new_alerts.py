"""What is posted becomes rows: an alert, or its next version, with its content, shapes and fan-outs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic_core import to_json

from tocsin_schemas.words import RANK, Channel, Lane, Purpose, Severity
from tocsin_store.alerts import COLUMNS, Alert, alert_of, end_scheduled
from tocsin_store.geometry import Shape, polygon_text
from tocsin_store.pool import Connection
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
    RETURNING {COLUMNS}
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
    RETURNING {COLUMNS}
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
    return alert_of(row, body=alert.body)


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


async def add_version(conn: Connection, alert: Alert, new: NewVersion) -> Alert:
    """Replace the version in force of a locked alert: from the commit on no claim takes anything of earlier ones."""
    await end_scheduled(conn, alert)
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
    return alert_of(row, body=new.body)


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
