"""Members who are reached by text, or called, and an agency whose texts they can answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from tests.support.e2e_agency import Agency, an_alert
from tests.support.e2e_town import Town
from tests.support.world import HOME, PURPOSE
from tocsin_schemas.words import Channel
from tocsin_store import agencies, members
from tocsin_store.members import Consent, ContactPoint, Member, Place

NUMBERS: Final = [f"+447700900{number:03d}" for number in range(10, 1_000)]
"""Ofcom's for drama; the first ten are senders'."""


@dataclass(frozen=True, slots=True)
class Texters:
    """An agency and the members who consented to its texts, or its calls, one phone each."""

    agency: Agency
    sender: str
    members: Sequence[UUID]
    numbers: Sequence[str]
    channel: Channel = Channel.SMS

    async def post(self, body: Mapping[str, object] | None = None) -> UUID:
        """Post an alert to them; returns its id."""
        answer = await self.agency.post({**(body or an_alert()), "channels": [self.channel]})
        return answer.accepted.id


async def texters(
    town: Town, count: int, *, segments_per_s: int = 1_000, first: int = 0, channel: Channel = Channel.SMS
) -> Texters:
    """New members around `HOME` and an agency of their own, with a number of its own: its alerts meet nobody else."""
    key = agencies.new_key()
    async with town.pool.acquire() as connection:
        number = await connection.fetchval("SELECT count(*) FROM agency")
        sender = f"+441632960{number:03d}"  # Ofcom's for drama, too: no mobile, so no member's
        agency = await agencies.add(
            connection,
            slug=f"a{uuid4().hex}",
            name="Fire & Rescue",
            email_from="alerts@fire.example",
            reply_to=None,
            sms_from=sender,
            sms_segments_per_s=segments_per_s,
            voice_from=sender,
            calls_per_s=segments_per_s,
        )
        assert agency is not None
        await agencies.add_key(connection, key, agency_id=agency, scopes=list(agencies.Scope))
    numbers = NUMBERS[first : first + count]
    ids = await _settled_in(town, agency, numbers, channel=channel)
    return Texters(town.agency(agency, key.text), sender, ids, numbers, channel)


async def _settled_in(town: Town, agency: UUID, numbers: Sequence[str], *, channel: Channel) -> list[UUID]:
    past = datetime.now(UTC) - timedelta(minutes=1)
    ids = [uuid4() for _ in numbers]
    async with town.pool.acquire() as connection, connection.transaction():
        await members.add_members(connection, [Member(id_, uuid4(), "Ada", "en") for id_ in ids])
        await members.add_places(connection, [Place(uuid4(), id_, "home", *HOME) for id_ in ids])
        await members.add_contact_points(
            connection,
            [
                ContactPoint(uuid4(), id_, channel, number, past)
                for id_, number in zip(ids, numbers, strict=True)
            ],
        )
        await members.add_consents(
            connection, [Consent(uuid4(), id_, agency, PURPOSE, channel, {"by": "form"}) for id_ in ids]
        )
    return ids
