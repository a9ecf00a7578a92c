"""What a fault is: drawn before the run from its seed, struck at its time, over when `strike` returns."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.network.proxy import Proxy
from tests.support.e2e_town import Town
from tocsin_local.stack import Stack

What = Mapping[str, str | int | float | bool]
"""What exactly is done: which process, for how long. JSON, so that a report can hold it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What a fault may be drawn over: it is known before anything runs."""

    services: tuple[str, ...]
    """Names of our own processes, replicas included."""
    domains: tuple[str, ...]
    """Destinations; the first one is never broken alone."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a fault may touch."""

    town: Town
    kafka: Proxy
    postgres: Proxy
    providers: Mapping[str, Proxy]
    """By name."""
    clocks: Path
    """Folder of the processes' clocks: a file NAME holds the seconds that process is ahead."""

    @property
    def stack(self) -> Stack:
        """The processes."""
        return self.town.stack


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault."""

    name: str
    draw: Callable[[Random, Scale], What]
    """Pure: the same seed draws the same."""
    strike: Callable[[Scene, What], Awaitable[None]]
    """Do it and undo it, also when cancelled; what dies is started again by the stack itself."""
    weight: int = 1
    """How often it is drawn, against the others."""
    needs: Callable[[Scene], str | None] = lambda _: None
    """Why it cannot be done on this machine; None where it can. It is then left out, and the report says so."""
    slows_hand_over: bool = False
    disturbs: bool = True
    domain: Callable[[What], str | None] = lambda _: None
    loses: Callable[[What], str | None] = lambda _: None
    alone: bool = False
    """Whether no other fault may be there at the same time."""
