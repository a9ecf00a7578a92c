"""Weighted choice that gives the same answer on every Python.

Only `Random.random` is promised to be stable between versions, so everything drawn goes through it.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

T = TypeVar("T")

GENTLENESS: Final = 20
"""The larger, the less the first stands out: here it is about four times as likely as the sixtieth."""


@dataclass(frozen=True, slots=True)
class Weighted(Generic[T]):
    """Values and the running sum of their weights; make one with `weighted` or `commonest_first`."""

    values: tuple[T, ...]
    sums: tuple[float, ...]

    def pick(self, rng: Random) -> T:
        """One value, as likely as its weight; moves `rng` by exactly one number."""
        return self.values[bisect(self.sums, rng.random() * self.sums[-1], hi=len(self.sums) - 1)]

    def pick_distinct(self, rng: Random, *, count: int) -> list[T]:
        """That many different values; `count` must not exceed the number of values with a weight."""
        picked: dict[T, None] = {}
        while len(picked) < count:
            picked[self.pick(rng)] = None
        return list(picked)


def weighted(weights: Mapping[T, float]) -> Weighted[T]:
    """Values with weights that need not add up to 1."""
    return weighted_pairs(tuple(weights), weights=tuple(weights.values()))


def weighted_pairs(values: Sequence[T], *, weights: Sequence[float]) -> Weighted[T]:
    """The same for values that cannot be hashed; the two run side by side."""
    return Weighted(values=tuple(values), sums=tuple(accumulate(weights)))


def commonest_first(values: Sequence[T]) -> Weighted[T]:
    """Values whose weight falls with their rank, gently, as surnames' frequencies do."""
    return weighted_pairs(values, weights=[1 / (GENTLENESS + rank) for rank in range(len(values))])
