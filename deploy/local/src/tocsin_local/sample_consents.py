"""What made members agreed to, by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin_local.sample_draw import Weighted, weighted
from tocsin_schemas.words import Channel, Purpose

if TYPE_CHECKING:
    from random import Random

    from tocsin_local.sample_phones import Reached

PURPOSES: Final = (Purpose.EMERGENCY, Purpose.SERVICE, Purpose.PUBLIC_TASK)


@dataclass(frozen=True, slots=True)
class Consent:
    """At most one per purpose and channel.

    Not granted means given once and withdrawn since; never given is no entry at all.
    """

    purpose: Purpose
    channel: Channel
    granted: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody agreed to, whatever the channel."""

    purposes: tuple[Purpose, ...]
    withdrawn: tuple[Purpose, ...] = ()


TERMS: Final[Weighted[Terms]] = weighted(
    {
        Terms(PURPOSES): 0.92,
        Terms((Purpose.EMERGENCY, Purpose.SERVICE)): 0.03,
        Terms(()): 0.02,
        Terms(PURPOSES, withdrawn=PURPOSES): 0.015,
        Terms(PURPOSES, withdrawn=(Purpose.SERVICE, Purpose.PUBLIC_TASK)): 0.015,
    }
)


def consents(reached: Reached, *, rng: Random) -> tuple[Consent, ...]:
    """One member's consents, channel by channel, in the order of `PURPOSES`."""
    terms = TERMS.pick(rng)
    return tuple(
        Consent(
            purpose,
            channel,
            granted=purpose not in terms.withdrawn and not (channel == Channel.SMS and reached.stopped),
        )
        for channel in reached.channels
        for purpose in terms.purposes
    )
