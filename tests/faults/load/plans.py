"""Plans: channels one after the other, each step for those whom none before has reached."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from tocsin_schemas.words import Channel

_STEPS: Final = (2, 3)
_PARALLEL_SHARE: Final = 0.2
_UNLESS: Final = (None, None, "delivered", "acknowledged")
_LEAST_LEFT: Final = 1.0
"""Seconds before the alert is over in which no step begins: one that came later would be refused."""


def drawn_plan(
    channels: Sequence[Channel], *, waits: tuple[int, int], lasts: float, random: Random
) -> list[dict[str, object]]:
    """Some steps, in any order of the channels; fewer where the alert is over before.

    Args:
        channels: Those there are.
        waits: Least and most seconds from one step to the next.
        lasts: Seconds from the post until the alert expires.
        random: Decides.
    """
    turns = _turns(channels, random=random)
    plan: list[dict[str, object]] = [{"channels": next(turns)}]
    after = 0
    for _ in range(random.choice(_STEPS) - 1):
        after += random.randint(*waits)
        unless = random.choice(_UNLESS)
        step: dict[str, object] = {
            "after": f"PT{after}S",
            "channels": next(turns),
            **({"unless": unless} if unless else {}),
        }
        plan += [step] if after < lasts - _LEAST_LEFT else []
    return plan


def _turns(channels: Sequence[Channel], *, random: Random) -> Iterator[list[Channel]]:
    """Channels of a step, and of the next: mostly one, and another one each time."""
    order = random.sample(channels, len(channels))
    while True:
        for channel in order:
            parallel = random.random() < _PARALLEL_SHARE
            yield random.sample(channels, len(channels)) if parallel else [channel]
