"""Plans: channels one after the other, each step for those whom none before has reached."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from tests.faults.history import Asked
from tocsin_schemas.words import Channel, State

_STEPS: Final = (2, 3)
_PARALLEL_SHARE: Final = 0.2
_UNLESS: Final = (None, None, State.DELIVERED, State.ACKNOWLEDGED)
_LEAST_LEFT: Final = 1.0
"""Seconds before the alert is over in which no step begins: one that came later would be refused."""


def drawn_plan(
    channels: Sequence[Channel], *, waits: tuple[int, int], lasts: float, random: Random
) -> tuple[Asked, ...]:
    """Some steps, in any order of the channels; fewer where the alert is over before.

    Args:
        channels: Those there are.
        waits: Least and most seconds from one step to the next.
        lasts: Seconds from the post until the alert expires.
        random: Decides.
    """
    turns = _turns(channels, random=random)
    plan, after = [Asked(next(turns))], 0
    for _ in range(random.choice(_STEPS) - 1):
        after += random.randint(*waits)
        step = Asked(next(turns), after, random.choice(_UNLESS))
        plan += [step] if after < lasts - _LEAST_LEFT else []
    return tuple(plan)


def posted(plan: Sequence[Asked]) -> list[dict[str, object]]:
    """The plan as it stands in a post."""
    return [{name: value for name, value in _fields(step) if value} for step in plan]


def _fields(step: Asked) -> Iterator[tuple[str, object]]:
    yield "channels", step.channels
    yield "after", step.after and f"PT{step.after}S"
    yield "unless", step.unless


def _turns(channels: Sequence[Channel], *, random: Random) -> Iterator[tuple[Channel, ...]]:
    """Channels of a step, and of the next: mostly one, and another one each time."""
    order = random.sample(channels, len(channels))
    while True:
        for channel in order:
            parallel = random.random() < _PARALLEL_SHARE
            yield tuple(random.sample(channels, len(channels))) if parallel else (channel,)
