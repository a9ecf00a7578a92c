"""What is known of each ward's people, and its turn to be given the next household."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin_local.sample_areas import areas, data_text
from tocsin_local.sample_draw import Weighted, weighted, weighted_pairs
from tocsin_local.sample_homes import Place, home_near, postcodes_by_ward
from tocsin_local.sample_people import Community, communities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from tocsin_local.sample_areas import SampleArea


@dataclass(frozen=True, slots=True)
class HouseholdKind:
    """How many of a household signed up, and how likely each bears its surname; guesses, not figures."""

    members: Weighted[int]
    same_surname: float


KINDS: Final[Mapping[str, HouseholdKind]] = {  # the columns of wards.csv that count households
    "one_person_older": HouseholdKind(weighted({1: 1}), same_surname=1),
    "one_person": HouseholdKind(weighted({1: 1}), same_surname=1),
    "older_family": HouseholdKind(weighted({1: 60, 2: 40}), same_surname=0.96),
    "married_couple": HouseholdKind(weighted({1: 50, 2: 38, 3: 9, 4: 3}), same_surname=0.93),
    "cohabiting_couple": HouseholdKind(weighted({1: 58, 2: 38, 3: 4}), same_surname=0.4),
    "lone_parent": HouseholdKind(weighted({1: 75, 2: 19, 3: 6}), same_surname=0.8),
    "other_family": HouseholdKind(weighted({1: 45, 2: 40, 3: 15}), same_surname=0.9),
    "other_household": HouseholdKind(weighted({1: 50, 2: 25, 3: 15, 4: 10}), same_surname=0.5),
}


@dataclass(frozen=True, slots=True)
class Ward:
    """One ward: residents at the census of 2021, and what its households are drawn from."""

    area: SampleArea
    residents: int
    communities: Weighted[Community]
    kinds: Weighted[HouseholdKind]
    postcodes: Sequence[Place]

    def home(self, rng: Random) -> Place:
        """A place in the ward; every postcode is as likely, for nothing says how many live at each."""
        postcode = self.postcodes[int(rng.random() * len(self.postcodes))]
        return home_near(postcode, ward=self.area, rng=rng)


def wards() -> list[Ward]:
    """The 33 wards, in order of code."""
    counts = dict(_census())
    postcodes = postcodes_by_ward()
    peoples = communities()
    return [
        _ward(area, census=counts[area.code], peoples=peoples, postcodes=postcodes[area.code])
        for area in areas()
        if area.kind == "ward"
    ]


def _census() -> Iterator[tuple[str, Mapping[str, int]]]:
    for row in csv.DictReader(data_text("wards.csv").splitlines()):
        yield row.pop("ward_code"), {column: int(value) for column, value in row.items()}


def _ward(
    area: SampleArea, *, census: Mapping[str, int], peoples: Sequence[Community], postcodes: Sequence[Place]
) -> Ward:
    sizes = tuple(people.size_in(census) for people in peoples)
    return Ward(
        area=area,
        residents=census["residents"],
        communities=weighted_pairs(peoples, weights=sizes),
        kinds=weighted_pairs(tuple(KINDS.values()), weights=tuple(census[column] for column in KINDS)),
        postcodes=postcodes,
    )
