"""A small world in a real database: an agency, its members, an alert, deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from tocsin_schemas.words import Channel, Lane, Purpose, Severity, State
from tocsin_store import agencies, members, new_alerts
from tocsin_store.claim import Claims, claim
from tocsin_store.fan_out import insert_chunk
from tocsin_store.geometry import Metres, Shape
from tocsin_store.members import Consent, ContactPoint, Member, Place
from tocsin_store.new_alerts import NewAlert
from tocsin_store.pool import Pool, Row
from tocsin_store.sessions import open_session
from tocsin_store.settle import AlertVersion, close_waiting
from tocsin_store.waves import Step

AGENCY_NAME: Final = "Fire & Rescue"
HOME: Final = (350_050.0, 430_050.0)
SQUARE: Final = Shape(
    ((350_000.0, 430_000.0), (350_100.0, 430_000.0), (350_100.0, 430_100.0), (350_000.0, 430_100.0))
)
PURPOSE: Final = Purpose.PUBLIC_TASK
BODY: Final[Mapping[str, object]] = {
    "status": "actual",
    "info": [{"language": "en-GB", "headline": "Flood", "description": "The river rises."}],
}

_TABLES: Final = (
    "agency, api_key, idempotency, member, place, contact_point, consent, area, alert, alert_content, alert_shape, "
    "outbox, fan_out, chunk, delivery, due, receipt, receipt_unmatched, tally_delta, tally, alert_progress, "
    "merged_offset, session, pause, strike, suppression, quiet_hours, provider_answer, provider_message, callback, "
    "pace, reply, inbound, notice, moving_on, member_voice, line, household_call"
)


async def emptied(pool: Pool) -> None:
    """Delete everything, for tests of what looks at all there is. TRUNCATE, which makes every file anew, takes longer."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")  # in any order
        await connection.execute(f"DELETE FROM {_TABLES.replace(', ', '; DELETE FROM ')}")  # noqa: S608 - constants


async def an_agency(pool: Pool) -> UUID:
    """Add an agency."""
    async with pool.acquire() as connection:
        agency = await agencies.add(
            connection,
            slug=f"a{uuid4().hex}",
            name=AGENCY_NAME,
            email_from="alerts@fire.example",
            reply_to=None,
        )
    assert agency is not None
    return agency


@dataclass(frozen=True, slots=True)
class Resident:
    """A member to be: at home inside `SQUARE`, one confirmed address, consent given."""

    at: Metres = HOME
    addresses: int = 1
    channel: Channel = Channel.EMAIL
    purpose: Purpose | None = PURPOSE
    confirmed: bool = True
    name: str = "Ada"
    domain: str = "homes.example"
    language: str = "en"


async def settled_in(pool: Pool, agency: UUID, residents: Sequence[Resident]) -> list[UUID]:
    """Add residents; returns their member ids in order."""
    ids = [uuid4() for _ in residents]
    now = datetime.now(UTC) - timedelta(minutes=1)
    pairs = list(zip(ids, residents, strict=True))
    async with pool.acquire() as connection, connection.transaction():
        await members.add_members(connection, [Member(id_, uuid4(), r.name, r.language) for id_, r in pairs])
        await members.add_places(connection, [Place(uuid4(), id_, "home", *r.at) for id_, r in pairs])
        await members.add_contact_points(
            connection,
            [
                ContactPoint(
                    uuid4(), id_, r.channel, f"{id_.hex}.{n}@{r.domain}", now if r.confirmed else None
                )
                for id_, r in pairs
                for n in range(r.addresses)
            ],
        )
        await members.add_consents(
            connection,
            [
                Consent(uuid4(), id_, agency, r.purpose, Channel.EMAIL, {"by": "form"})
                for id_, r in pairs
                if r.purpose is not None
            ],
        )
    return ids


@dataclass(frozen=True, slots=True)
class Post:
    """An alert to be."""

    lane: Lane = Lane.URGENT
    severity: Severity = Severity.SEVERE
    expires_in: timedelta = timedelta(hours=6)
    shapes: Sequence[Shape] = (SQUARE,)
    body: Mapping[str, object] | None = None
    channels: Sequence[Channel] = (Channel.EMAIL,)
    later: Sequence[Step] = ()


async def posted(pool: Pool, agency: UUID, post: Post | None = None) -> UUID:
    """Post an alert; nothing is fanned out yet. Returns its id."""
    post = post or Post()
    async with pool.acquire() as connection, connection.transaction():
        alert = await new_alerts.insert(
            connection,
            NewAlert(
                agency_id=agency,
                lane=post.lane,
                severity=post.severity,
                purpose=PURPOSE,
                expires_at=datetime.now(UTC) + post.expires_in,
                body=post.body or BODY,
                shapes=post.shapes,
                channels=post.channels,
                later=post.later,
            ),
        )
    return alert.id


async def fanned_out(pool: Pool, *, limit: int = 2_000) -> int:
    """Do every open fan-out to its end; returns how many deliveries were made."""
    made = 0
    while (chunk := await insert_chunk(pool, limit=limit)) is not None:
        made += chunk.deliveries
    return made


@dataclass(frozen=True, slots=True)
class Situation:
    """An alert whose deliveries wait, and a live session to claim them with."""

    pool: Pool
    agency: UUID
    alert: UUID
    session: int
    ids: Sequence[UUID]

    async def claimed(
        self, *, token: int = 1, session: int | None = None, ids: Sequence[UUID] | None = None
    ) -> Claims:
        """Claim (all, if nothing else is said)."""
        return await claim(
            self.pool,
            alert_id=self.alert,
            delivery_ids=self.ids if ids is None else ids,
            session=self.session if session is None else session,
            token=token,
            channel=Channel.EMAIL,
        )

    async def row(self, number: int = 0) -> Row:
        """One delivery as the ledger has it."""
        row = await self.pool.fetchrow("SELECT * FROM delivery WHERE id = $1", self.ids[number])
        assert row is not None
        return row

    async def due(self, number: int = 0) -> Row | None:
        """What that delivery waits for."""
        return await self.pool.fetchrow("SELECT * FROM due WHERE delivery_id = $1", self.ids[number])

    async def is_due(self, number: int = 0, *, kind: str = "send", after: timedelta = timedelta()) -> None:
        """Let a delivery wait."""
        await self.pool.execute(
            """INSERT INTO due (delivery_id, alert_id, kind, channel, lane, due_at, produce_after)
               VALUES ($1, $2, $3::due_kind, 'email', 'urgent', now() + $4::interval, now() + $4::interval)""",
            self.ids[number],
            self.alert,
            kind,
            after,
        )


async def waiting(
    pool: Pool, count: int = 1, *, post: Post | None = None, resident: Resident | None = None
) -> Situation:
    """An alert with so many deliveries that wait to be claimed."""
    agency = await an_agency(pool)
    await settled_in(pool, agency, [resident or Resident()] * count)
    alert = await posted(pool, agency, post)
    await fanned_out(pool)
    return Situation(pool, agency, alert, await open_session(pool, worker="test"), await ids_of(pool, alert))


async def others_of(situation: Situation) -> Situation:
    """The same, seen by another worker process."""
    return replace(situation, session=await open_session(situation.pool, worker="another"))


async def closed(pool: Pool, alert: UUID, *, version: int = 1, limit: int = 2_000) -> list[int]:
    """Pass once over an ended version; returns how many were settled, page by page."""
    pages: list[int] = []
    after: UUID | None = UUID(int=0)
    while after is not None:
        settled, after = await close_waiting(pool, AlertVersion(alert, version), after=after, limit=limit)
        pages.append(settled)
    return pages


async def ids_of(pool: Pool, alert: UUID) -> list[UUID]:
    """Every delivery of an alert, by id."""
    return [
        row["id"]
        for row in await pool.fetch("SELECT id FROM delivery WHERE alert_id = $1 ORDER BY id", alert)
    ]


async def states_of(pool: Pool, alert: UUID) -> dict[State, int]:
    """How many rows of the ledger are in each state."""
    rows = await pool.fetch(
        "SELECT state::text, count(*) AS n FROM delivery WHERE alert_id = $1 GROUP BY 1", alert
    )
    return {State(row["state"]): row["n"] for row in rows}


async def tallied(pool: Pool, alert: UUID) -> dict[State, int]:
    """What folded and unfolded tallies say of an alert; states that add up to nothing are absent."""
    rows = await pool.fetch(
        """SELECT state::text, sum(n)::int AS n
           FROM  (SELECT state, n FROM tally       WHERE alert_id = $1 AND bucket = -1 UNION ALL
                  SELECT state, n FROM tally_delta WHERE alert_id = $1 AND bucket = -1) x
           GROUP BY 1 HAVING sum(n) <> 0""",
        alert,
    )
    return {State(row["state"]): row["n"] for row in rows}
