"""Sample members: made people at real places, the same ones every time.

Nobody here exists. Places, and how many people of which background live in which ward, are real
(data/ATTRIBUTION.md); names, addresses, numbers and choices are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heapreplace
from itertools import count as count_up
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from tocsin_local.sample_areas import SampleArea, areas
from tocsin_local.sample_consents import Consent, consents
from tocsin_local.sample_contacts import ContactPoint, contact_points
from tocsin_local.sample_lines import Lines
from tocsin_local.sample_people import names
from tocsin_local.sample_phones import PhoneBook
from tocsin_local.sample_wards import Ward, wards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from tocsin_local.sample_phones import Reached

    ReachedBy: TypeAlias = Callable[[int], Sequence[Reached]]
    """How each of a household of so many wants to be reached."""

__all__ = ["Consent", "ContactPoint", "SampleArea", "SampleMember", "areas", "members"]


@dataclass(frozen=True, slots=True)
class SampleMember:
    """One made member. Members with the same `household` live at the same point; places are as in `Place`."""

    key: int
    household: int
    name: str
    language: str
    postcode: str
    longitude: float
    latitude: float
    easting: int
    northing: int
    ward_code: str
    contact_points: tuple[ContactPoint, ...]
    consents: tuple[Consent, ...]


def members(count: int, *, seed: int = 1) -> Iterator[SampleMember]:
    """The first `count` members of an endless list that the seed alone decides; keys count up from 0.

    However many are taken, each ward has its share of them by residents at the census of 2021, give or take a
    household. Nothing is read before the first is asked for.
    """
    rng, *apart = (Random(each) for each in (seed, f"phones {seed}", f"lines {seed}"))  # noqa: S311  # reproducible is the point; nothing secret is drawn
    phones, lines = PhoneBook(apart[0]), Lines(apart[1])
    return islice(_everyone(rng, reached=lambda size: lines.added(phones.household(size))), count)


def _everyone(rng: Random, *, reached: ReachedBy) -> Iterator[SampleMember]:
    known = wards()
    turns = [(rng.random() / ward.residents, index) for index, ward in enumerate(known)]
    heapify(turns)
    key = 0
    for household in count_up():
        filled, index = turns[0]
        people = _household(known[index], household=household, first_key=key, rng=rng, reached=reached)
        yield from people
        key += len(people)
        # The ward with the fewest members per resident is next, so every prefix is spread like the residents.
        heapreplace(turns, (filled + len(people) / known[index].residents, index))


def _household(
    ward: Ward, *, household: int, first_key: int, rng: Random, reached: ReachedBy
) -> list[SampleMember]:
    home = ward.home(rng)
    kind = ward.kinds.pick(rng)
    community = ward.communities.pick(rng)
    people = names(community, count=kind.members.pick(rng), same_surname=kind.same_surname, rng=rng)
    pairs = zip(people, reached(len(people)), strict=True)
    return [
        SampleMember(
            key=key,
            household=household,
            name=name.written,
            language=community.languages.pick(rng),
            postcode=home.postcode,
            longitude=home.longitude,
            latitude=home.latitude,
            easting=home.easting,
            northing=home.northing,
            ward_code=ward.area.code,
            contact_points=(*contact_points(name, key=key, rng=rng), *wishes.numbers),
            consents=consents(wishes, rng=rng),
        )
        for key, (name, wishes) in enumerate(pairs, start=first_key)
    ]
