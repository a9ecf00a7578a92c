"""Made names and languages, community by community."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NotRequired, TypedDict

from tocsin_local.sample_areas import data_text
from tocsin_local.sample_draw import Weighted, commonest_first, weighted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random


class _Row(TypedDict):
    """One table of communities.toml."""

    census: dict[str, float]
    languages: NotRequired[dict[str, float]]
    given: str
    family: str
    written_share: NotRequired[float]
    written: NotRequired[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Name:
    """A name as its owner writes it, and in Latin letters for an address."""

    written: str
    latin: str


@dataclass(frozen=True, slots=True)
class Community:
    """People whose names and languages are alike; `census` weighs the columns of wards.csv it is part of."""

    census: Mapping[str, float]
    given: Weighted[str]
    family: Weighted[str]
    own_script: Weighted[Name | None]
    languages: Weighted[str]

    def size_in(self, ward: Mapping[str, int]) -> float:
        """About how many residents of the ward it stands for."""
        return sum(share * ward[column] for column, share in self.census.items())


def communities() -> list[Community]:
    """In the file's order."""
    rows: dict[str, _Row] = tomllib.loads(data_text("communities.toml"))
    return [_community(row) for row in rows.values()]


def names(community: Community, *, count: int, same_surname: float, rng: Random) -> list[Name]:
    """The names of one household: given names differ, and each bears the household's surname that likely."""
    surname = community.family.pick(rng)
    found = []
    for given in community.given.pick_distinct(rng, count=count):
        family = surname if rng.random() < same_surname else community.family.pick(rng)
        found.append(community.own_script.pick(rng) or Name(f"{given} {family}", latin=f"{given} {family}"))
    return found


def _community(row: _Row) -> Community:
    languages = row.get("languages", {})
    return Community(
        census=row["census"],
        given=commonest_first(row["given"].split(", ")),
        family=commonest_first(row["family"].split(", ")),
        own_script=_own_script(row.get("written", {}), share=row.get("written_share", 0)),
        languages=weighted({"en-GB": 1 - sum(languages.values()), **languages}),
    )


def _own_script(written: Mapping[str, str], *, share: float) -> Weighted[Name | None]:
    """A whole name in the community's own script; for most, none."""
    spelled = {Name(name, latin=latin): share / len(written) for name, latin in written.items()}
    return weighted({None: 1 - share, **spelled})
