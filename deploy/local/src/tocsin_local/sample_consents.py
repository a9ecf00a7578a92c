"""What made members agreed to, for e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin_local.sample_draw import Weighted, weighted
from tocsin_schemas.words import Channel, Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

PURPOSES: Final = (Purpose.EMERGENCY, Purpose.SERVICE, Purpose.PUBLIC_TASK)


@dataclass(frozen=True, slots=True)
class Consent:
    """At most one per purpose and channel.

    Not granted means given once and withdrawn since; never given is no entry at all.
    """

    purpose: Purpose
    channel: Channel
    granted: bool


def _given(purposes: Iterable[Purpose], *, withdrawn: Iterable[Purpose] = ()) -> tuple[Consent, ...]:
    gone = frozenset(withdrawn)
    return tuple(Consent(purpose, channel=Channel.EMAIL, granted=purpose not in gone) for purpose in purposes)


CONSENTS: Final[Weighted[tuple[Consent, ...]]] = weighted(
    {
        _given(PURPOSES): 0.92,
        _given((Purpose.EMERGENCY, Purpose.SERVICE)): 0.03,
        (): 0.02,
        _given(PURPOSES, withdrawn=PURPOSES): 0.015,
        _given(PURPOSES, withdrawn=(Purpose.SERVICE, Purpose.PUBLIC_TASK)): 0.015,
    }
)


def consents(rng: Random) -> tuple[Consent, ...]:
    """One member's consents, in the order of `PURPOSES`."""
    return CONSENTS.pick(rng)
