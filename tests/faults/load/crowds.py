"""Settles agencies and their members, each with a name and addresses that can be found wherever they leak."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from tests.faults.evidence.leaks import NAME
from tests.faults.load.means import Crowd, Profile
from tests.faults.outside import Outside
from tests.support.world import HOME, PURPOSE, an_agency
from tocsin_schemas.words import Purpose
from tocsin_store import agencies, members
from tocsin_store.members import Consent, ContactPoint, Member, Place, analyse
from tocsin_store.pool import Connection, Pool

PURPOSES: Final = (PURPOSE, Purpose.SERVICE)
"""What everybody consents to: alerts are for the first, and a word to leave is about all of them."""
_TWO_ADDRESSES_EVERY = 20
_NEAR_M = 300.0


async def settled_crowds(
    pool: Pool, profile: Profile, outsides: Sequence[Outside], *, random: Random
) -> list[Crowd]:
    """Settle as many as the profile says around one place; an alert of an agency meets its own members alone."""
    crowds = [await _settled(pool, profile, outsides, random=random) for _ in range(profile.agencies)]
    async with pool.acquire() as connection:
        await analyse(connection)
    return crowds


async def _settled(pool: Pool, profile: Profile, outsides: Sequence[Outside], *, random: Random) -> Crowd:
    agency, key = await an_agency(pool), agencies.new_key()
    ids = [drawn_uuid(random) for _ in range(profile.members)]
    async with pool.acquire() as connection, connection.transaction():
        await agencies.add_key(connection, key, agency_id=agency, scopes=list(agencies.Scope))
        await _add_people(connection, ids, random=random)
        chosen = _chosen(ids, len(outsides), random=random)
        addresses: dict[str, UUID] = {}
        for outside, reached in zip(outsides, chosen, strict=True):
            await outside.enrol(connection, agency, profile)
            points = [*_addresses(reached, outside, domains=profile.domains, random=random)]
            addresses |= {point.address: point.member_id for point in points}
            await members.add_contact_points(connection, points)
            consents = [
                Consent(drawn_uuid(random), id_, agency, purpose, outside.channel, {"by": "form"})
                for id_ in reached
                for purpose in PURPOSES
            ]
            await members.add_consents(connection, consents)
    return Crowd(agency, key.text, ids, addresses)


def _chosen(ids: Sequence[UUID], channels: int, *, random: Random) -> list[list[UUID]]:
    """Who chose each channel: everybody one at least, any combination as often as another."""
    choices = [random.randrange(1, 2**channels) for _ in ids]
    return [
        [id_ for id_, choice in zip(ids, choices, strict=True) if choice >> number & 1]
        for number in range(channels)
    ]


async def _add_people(connection: Connection, ids: Sequence[UUID], *, random: Random) -> None:
    await members.add_members(
        connection,
        [Member(id_, drawn_uuid(random), f"{NAME} {random.getrandbits(32):08x}", "en") for id_ in ids],
    )
    await members.add_places(
        connection, [Place(drawn_uuid(random), id_, "home", *_near_home(random)) for id_ in ids]
    )


def _addresses(
    ids: Sequence[UUID], outside: Outside, *, domains: Sequence[str], random: Random
) -> Iterator[ContactPoint]:
    """One address each, confirmed, their destinations in turn; now and then a second one."""
    confirmed, count = datetime.now(UTC) - timedelta(minutes=1), 0
    for number, id_ in enumerate(ids):
        for _ in range(1 if number % _TWO_ADDRESSES_EVERY else 2):
            address = outside.address(random.getrandbits(64), domains[count % len(domains)])
            yield ContactPoint(drawn_uuid(random), id_, outside.channel, address, confirmed)
            count += 1


def _near_home(random: Random) -> tuple[float, float]:
    return HOME[0] + random.uniform(-_NEAR_M, _NEAR_M), HOME[1] + random.uniform(-_NEAR_M, _NEAR_M)


def drawn_uuid(random: Random) -> UUID:
    """A random UUID that the same seed draws again."""
    return UUID(int=random.getrandbits(128), version=4)
