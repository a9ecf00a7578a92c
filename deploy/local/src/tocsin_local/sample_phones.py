"""Made mobile numbers that can reach nobody, and who chose to be written to there.

Ofcom keeps 07700 900000 to 900999 for drama: no network routes them, so that a mistake texts no one. There are
no more, so only the first members of a sample have one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from tocsin_local.sample_contacts import HAS_TWO, HISTORIES, ContactPoint, points_of
from tocsin_local.sample_draw import Weighted, weighted
from tocsin_schemas.words import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

Choice: TypeAlias = Literal["email", "text", "both"]

CHOICES: Final[Weighted[Choice]] = weighted({"email": 0.45, "both": 0.4, "text": 0.15})
CHANNELS: Final[Mapping[Choice, tuple[Channel, ...]]] = {
    "email": (Channel.EMAIL,),
    "text": (Channel.SMS,),
    "both": (Channel.EMAIL, Channel.SMS),
}
SHARES_A_PHONE: Final = 0.15
"""How likely somebody has texts sent to the phone of the one who came before them at home."""

STOPPED: Final = 0.02
"""How many of those who chose texts have answered STOP since."""

SENDER: Final = "+447700900000"
OURS: Final = 10
"""The first of the numbers: whom texts come from, never a member's."""

MEMBERS_NUMBERS: Final = 1_000 - OURS
STRIDE: Final = 617  # without a common divisor with their count: each comes once


@dataclass(frozen=True, slots=True)
class Reached:
    """On which channels somebody wants to be reached; the numbers, oldest first."""

    channels: tuple[Channel, ...] = CHANNELS["email"]
    numbers: tuple[ContactPoint, ...] = ()
    stopped: bool = False


def members_numbers() -> Iterator[str]:
    """Every number that a member can have, once."""
    return (f"+447700900{OURS + STRIDE * n % MEMBERS_NUMBERS:03d}" for n in range(MEMBERS_NUMBERS))


@dataclass(frozen=True, slots=True)
class PhoneBook:
    """Hands out the numbers; draws apart from all other choices, which stay as they are without it."""

    rng: Random
    numbers: Iterator[str] = field(default_factory=members_numbers)

    def household(self, size: int) -> Sequence[Reached]:
        """How each of a household wants to be reached; by email alone when the numbers have run out."""
        everyone = accumulate(range(size), lambda before, _: self._one(before), initial=Reached())
        return list(everyone)[1:]

    def _one(self, before: Reached) -> Reached:
        choice, history = CHOICES.pick(self.rng), HISTORIES.pick(self.rng)
        shares, stopped = self.rng.random() < SHARES_A_PHONE, self.rng.random() < STOPPED
        if choice == "email":
            return Reached()
        if shares and before.numbers:
            return Reached(CHANNELS[choice], before.numbers, stopped=before.stopped)
        wanted = 2 if history in HAS_TWO else 1
        numbers = list(islice(self.numbers, wanted))
        if len(numbers) < wanted:
            return Reached()
        return Reached(
            CHANNELS[choice], points_of(Channel.SMS, addresses=numbers, history=history), stopped=stopped
        )
