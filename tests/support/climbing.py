"""A small world of plans: members with an address and a number, and an alert that climbs from text to email."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from tests.support.phones import a_number
from tests.support.world import HOME, PURPOSE, Post, an_agency, posted
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Reason, ReceiptKind, State
from tocsin_store import members
from tocsin_store.claim import Claims, claim
from tocsin_store.members import Consent, ContactPoint, Member, Place
from tocsin_store.pool import Pool, Row
from tocsin_store.sessions import open_session
from tocsin_store.waves import Step

LATER: Final = timedelta(minutes=5)
BOTH: Final = (Channel.SMS, Channel.EMAIL)


@dataclass(frozen=True, slots=True)
class Climb:
    """An alert that goes out by text, and later by email to those who got no text."""

    pool: Pool
    agency: UUID
    alert: UUID
    members: Sequence[UUID]

    async def rows(self, *, wave: int) -> list[Row]:
        """The deliveries of a wave, by member."""
        return await self.pool.fetch(
            "SELECT * FROM delivery WHERE alert_id = $1 AND wave = $2 ORDER BY member_id", self.alert, wave
        )

    async def members_of(self, *, wave: int) -> list[UUID]:
        """Whom a wave has deliveries to."""
        return [row["member_id"] for row in await self.rows(wave=wave)]

    async def row(self, member: UUID, *, wave: int = 0) -> Row:
        """A member's only delivery of a wave."""
        (row,) = [row for row in await self.rows(wave=wave) if row["member_id"] == member]
        return row

    async def fact(
        self, member: UUID, kind: ReceiptKind, *, wave: int = 0, reason: Reason | None = None
    ) -> Receipt:
        """Something that happened to it."""
        row = await self.row(member, wave=wave)
        return Receipt.of(
            row["id"],
            alert=self.alert,
            alert_version=1,
            channel=Channel(row["channel"]),
            fence=row["fence"],
            kind=kind,
            now=datetime.now(UTC),
            reason=reason,
            provider="test",
            provider_status=kind.value,
            due_at=None,
        )

    async def is_time(self) -> None:
        """Let the later steps be due, and every receipt be merged."""
        await self.pool.execute("UPDATE fan_out SET not_before = now() WHERE alert_id = $1", self.alert)
        await marked(self.pool)

    async def claimed(self, *, wave: int) -> Claims:
        """Claim a wave whole."""
        rows = await self.rows(wave=wave)
        return await claim(
            self.pool,
            alert_id=self.alert,
            delivery_ids=[row["id"] for row in rows],
            session=await open_session(self.pool, worker="test"),
            token=1,
            channel=Channel(rows[0]["channel"]),
        )


async def marked(pool: Pool, *, age: timedelta = timedelta()) -> None:
    """Set the mark, as if everything before had been merged."""
    await pool.execute("UPDATE receipts_mark SET passed_at = clock_timestamp() - $1::interval", age)


async def climbing(
    pool: Pool,
    residents: Sequence[Sequence[Channel]] = (BOTH,),
    *,
    steps: Sequence[Step] = (Step([Channel.EMAIL], LATER, State.DELIVERED),),
) -> Climb:
    """Members who can be reached on these channels, and an alert to them that begins by text. Nothing is fanned out."""
    agency = await an_agency(pool)
    ids = [await a_resident(pool, agency, channels) for channels in residents]
    alert = await posted(pool, agency, Post(channels=(Channel.SMS,), later=steps))
    return Climb(pool, agency, alert, ids)


async def a_resident(pool: Pool, agency: UUID, channels: Sequence[Channel]) -> UUID:
    """A member with one address a channel."""
    id_, past = uuid4(), datetime.now(UTC) - timedelta(minutes=1)
    addresses = [f"{id_.hex}@homes.example" if each is Channel.EMAIL else a_number() for each in channels]
    async with pool.acquire() as connection, connection.transaction():
        await members.add_members(connection, [Member(id_, uuid4(), "Ada", "en")])
        await members.add_places(connection, [Place(uuid4(), id_, "home", *HOME)])
        await members.add_contact_points(
            connection,
            [
                ContactPoint(uuid4(), id_, channel, address, past)
                for channel, address in zip(channels, addresses, strict=True)
            ],
        )
        await members.add_consents(
            connection,
            [Consent(uuid4(), id_, agency, PURPOSE, each, {"by": "form"}) for each in set(channels)],
        )
    return id_
