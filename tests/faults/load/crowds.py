"""Settles agencies and their members, each with a name and addresses that can be found wherever they leak."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import prod
from random import Random
from typing import Final
from uuid import UUID

from tests.faults.evidence.leaks import NAME
from tests.faults.history import Withdrawal
from tests.faults.load.means import Crowd, Profile
from tests.faults.outside import Outside
from tests.support.world import HOME, PURPOSE, an_agency
from tocsin_schemas.words import Channel, Purpose
from tocsin_store import agencies, members
from tocsin_store.members import Consent, ContactPoint, Member, Place, analyse
from tocsin_store.pool import Connection, Pool

PURPOSES: Final = (PURPOSE, Purpose.SERVICE)
"""What everybody consents to: alerts are for the first, and a word to leave is about all of them."""
_TWO_ADDRESSES_EVERY = 20
_HOUSEHOLDS: Final = (1, 1, 2, 3)
"""How many members one may have."""
_NEAR_M = 300.0

Homes = Mapping[UUID, UUID]
"""Each member's household."""


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
    homes = _homes(ids, random=random)
    async with pool.acquire() as connection, connection.transaction():
        await agencies.add_key(connection, key, agency_id=agency, scopes=list(agencies.Scope))
        await _add_people(connection, homes, random=random)
        chosen = _chosen(homes, outsides, random=random)
        addresses: defaultdict[str, list[UUID]] = defaultdict(list)
        for outside, reached in zip(outsides, chosen, strict=True):
            await outside.enrol(connection, agency, profile)
            points = [*_addresses(reached, outside, domains=profile.domains, random=random)]
            for point in points:
                addresses[point.address].append(point.member_id)
            await members.add_contact_points(connection, points)
            consents = [
                Consent(drawn_uuid(random), id_, agency, purpose, outside.channel, {"by": "form"})
                for id_ in reached
                for purpose in PURPOSES
            ]
            await members.add_consents(connection, consents)
    return Crowd(agency, key.text, ids, addresses)


def _homes(ids: Sequence[UUID], *, random: Random) -> Homes:
    homes: dict[UUID, UUID] = {}
    while len(homes) < len(ids):
        home = drawn_uuid(random)
        homes |= dict.fromkeys(ids[len(homes) : len(homes) + random.choice(_HOUSEHOLDS)], home)
    return homes


def _chosen(homes: Homes, outsides: Sequence[Outside], *, random: Random) -> list[Homes]:
    """Who chose each channel: a household one at least, any combination as often as its channels are popular."""
    choices = range(1, 2 ** len(outsides))
    popular = [
        prod(one.popular for number, one in enumerate(outsides) if choice >> number & 1) for choice in choices
    ]
    of_home = {home: random.choices(choices, popular)[0] for home in dict.fromkeys(homes.values())}
    return [
        {id_: home for id_, home in homes.items() if of_home[home] >> number & 1}
        for number in range(len(outsides))
    ]


async def _add_people(connection: Connection, homes: Homes, *, random: Random) -> None:
    await members.add_members(
        connection,
        [Member(id_, home, f"{NAME} {random.getrandbits(32):08x}", "en") for id_, home in homes.items()],
    )
    await members.add_places(
        connection, [Place(drawn_uuid(random), id_, "home", *_near_home(random)) for id_ in homes]
    )


def _addresses(
    homes: Homes, outside: Outside, *, domains: Sequence[str], random: Random
) -> Iterator[ContactPoint]:
    """One address each, confirmed, their destinations in turn; now and then a second one, which is nobody else's."""
    confirmed, count = datetime.now(UTC) - timedelta(minutes=1), 0
    at_home: dict[UUID, str] = {}
    for number, (id_, home) in enumerate(homes.items()):
        for second in range(1 if number % _TWO_ADDRESSES_EVERY else 2):
            address = outside.address(random.getrandbits(64), domains[count % len(domains)])
            if not second and random.random() < outside.shared:
                address = at_home.setdefault(home, address)
            yield ContactPoint(drawn_uuid(random), id_, outside.channel, address, confirmed)
            count += 1


def _near_home(random: Random) -> tuple[float, float]:
    return HOME[0] + random.uniform(-_NEAR_M, _NEAR_M), HOME[1] + random.uniform(-_NEAR_M, _NEAR_M)


def crowd_of(crowds: Sequence[Crowd], address: str) -> Crowd | None:
    """Whose members have an address; None: nobody's."""
    return next((crowd for crowd in crowds if address in crowd.addresses), None)


def withdrawals(crowd: Crowd, address: str, *, channel: Channel, at: float) -> list[Withdrawal]:
    """What a word to leave withdraws: everything that everybody with this address agreed to."""
    return [
        Withdrawal(at, member, crowd.agency, purpose, channel)
        for member in crowd.addresses[address]
        for purpose in PURPOSES
    ]


def drawn_uuid(random: Random) -> UUID:
    """A random UUID that the same seed draws again."""
    return UUID(int=random.getrandbits(128), version=4)
