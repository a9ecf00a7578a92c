"""Made landlines that can reach nobody, and who chose to be called there.

Ofcom keeps 020 7946 0000 to 0999 for drama, as it does the mobiles of `sample_phones`. A landline is a home's: all who
live there and want to be called share it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tocsin_local.sample_contacts import ContactPoint
from tocsin_schemas.words import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from tocsin_local.sample_phones import Reached

HAS_A_LINE: Final = 0.3
WANTS_CALLS: Final = 0.7
"""How likely somebody whose home has a line wants to be called there."""

CALLER: Final = "+442079460000"
OURS: Final = 10
"""The first of the numbers: whom calls come from, never a member's."""

MEMBERS_LINES: Final = 1_000 - OURS
STRIDE: Final = 617  # without a common divisor with their count: each comes once


def members_lines() -> Iterator[str]:
    """Every landline that a home can have, once."""
    return (f"+442079460{OURS + STRIDE * n % MEMBERS_LINES:03d}" for n in range(MEMBERS_LINES))


@dataclass(frozen=True, slots=True)
class Lines:
    """Hands out the landlines; draws apart from all other choices, which stay as they are without it."""

    rng: Random
    numbers: Iterator[str] = field(default_factory=members_lines)

    def added(self, household: Sequence[Reached]) -> Sequence[Reached]:
        """The same household, and which of them are called, too; nobody when the numbers have run out."""
        has_one = self.rng.random() < HAS_A_LINE
        wants = [self.rng.random() < WANTS_CALLS for _ in household]
        number = next(self.numbers, None) if has_one and any(wants) else None
        if number is None:
            return household
        line = ContactPoint(Channel.VOICE, number, confirmed=True)
        return [
            replace(one, channels=(*one.channels, Channel.VOICE), numbers=(*one.numbers, line))
            if called
            else one
            for one, called in zip(household, wants, strict=True)
        ]
