"""Stretches of time: which are covered, and how long the longest is that is not."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spans:
    """Closed stretches that do not touch, in order."""

    begins: Sequence[float]
    ends: Sequence[float]

    @staticmethod
    def of(pairs: Iterable[tuple[float, float]]) -> "Spans":
        """Stretches from anywhere, in any order; those that touch become one."""
        begins: list[float] = []
        ends: list[float] = []
        for begin, end in sorted(pairs):
            if ends and begin <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                begins.append(begin)
                ends.append(end)
        return Spans(begins, ends)

    def also(self, pairs: Iterable[tuple[float, float]]) -> "Spans":
        """These and others."""
        more = [*pairs]
        return Spans.of([*zip(self.begins, self.ends, strict=True), *more]) if more else self

    def begin_of(self, at: float) -> float | None:
        """Where the stretch began that `at` lies in; None where it lies in none."""
        number = bisect_right(self.begins, at) - 1
        return self.begins[number] if number >= 0 and at <= self.ends[number] else None

    def longest_gap(self, begin: float, end: float) -> float:
        """Seconds of the longest piece between two moments that no stretch covers."""
        longest, free = 0.0, begin
        for number in range(bisect_left(self.ends, begin), len(self.begins)):
            if self.begins[number] >= end:
                break
            longest = max(longest, self.begins[number] - free)
            free = max(free, self.ends[number])
        return max(longest, end - free)
