"""What all actors are given: how much to do, with whom, and how they tell each other."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID

from tests.faults.evidence.ledgers import Ledgers
from tests.faults.fault import Scene
from tocsin_schemas.words import Channel, Severity

AREA: Final[Mapping[str, object]] = {"circle": {"center": [-2.7592, 53.7644], "radius_m": 2_000}}
"""Where everybody lives."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How much goes on."""

    agencies: int = 4
    members: int = 300
    """Of each agency."""
    post_every: float = 2.0
    """Seconds from one alert to the next."""
    changes: float = 0.3
    """Share of alerts that are cancelled or corrected; a corrected one may be once more."""
    leaves: float = 0.005
    """Share of an agency's members who leave during an alert, on average."""
    bounces: float = 0.03
    """Share of messages of which something comes back."""
    late: float = 0.0
    """Share of texts handed over anew whose attempt before is reported on only then."""
    answers: float = 0.02
    """Share of messages that are answered, where they can be; a quarter of these with a word to leave."""
    too_long: float = 0.03
    """Share of alerts that say more than any text may hold: they are refused."""
    segments_per_s: int = 500
    """What each agency's sender of texts may send."""
    calls_per_s: int = 200
    """What each agency's caller may begin."""
    plans: float = 0.3
    """Share of alerts that climb from step to step; the others go out on all channels at once."""
    waits: tuple[int, int] = (4, 12)
    """Seconds from one step to the next."""
    longest: float = 300.0
    """Seconds that an alert lasts at most. Who could not be reached is tried again after minutes, and until it ends."""
    channels: tuple[Channel, ...] = (Channel.EMAIL, Channel.SMS, Channel.VOICE)
    """By which members are reached, and alerts go."""
    severities: tuple[int, int, int] = (5, 2, 3)
    """Weights of extreme, severe and minor alerts. A severe one that is refused twice waits for two minutes."""
    domains: tuple[str, ...] = ("homes.example", "post.example", "mail.example")


@dataclass(frozen=True, slots=True)
class Crowd:
    """An agency, its key, and the members who consented to it."""

    agency: UUID
    key: str
    members: Sequence[UUID]
    addresses: Mapping[str, Sequence[UUID]] = field(default_factory=dict)
    """Whose each is."""


@dataclass(frozen=True, slots=True)
class Posted:
    """An alert whose post or correction was answered 202."""

    alert: UUID
    crowd: Crowd
    severity: Severity


@dataclass(slots=True)
class Board:
    """Where actors hear of alerts. It remembers all of them."""

    told: dict[UUID, Posted] = field(default_factory=dict)
    _listeners: list[asyncio.Queue[Posted | None]] = field(default_factory=list)

    def tell(self, posted: Posted) -> None:
        """Let everybody know."""
        self.told[posted.alert] = posted
        for listener in self._listeners:
            listener.put_nowait(posted)

    def close(self) -> None:
        """Say that no more will come."""
        for listener in self._listeners:
            listener.put_nowait(None)

    def listen(self) -> AsyncIterator[Posted]:
        """What is told from this call on, until the board is closed."""
        queue: asyncio.Queue[Posted | None] = asyncio.Queue()
        self._listeners.append(queue)
        return _until_closed(queue)


async def _until_closed(queue: asyncio.Queue[Posted | None]) -> AsyncIterator[Posted]:
    while (posted := await queue.get()) is not None:
        yield posted


@dataclass(frozen=True, slots=True)
class Means:
    """Of one run of the load."""

    scene: Scene
    seed: int
    profile: Profile
    channels: Sequence[Channel]
    crowds: Sequence[Crowd]
    ledgers: Ledgers
    board: Board
    stop: asyncio.Event

    def random(self, actor: str) -> Random:
        """An actor's own chance: what others draw does not change it."""
        return Random(f"{self.seed} {actor}")  # noqa: S311 - a run must be repeatable; nothing secret is drawn

    async def stopped_within(self, seconds: float) -> bool:
        """Wait so long; returns early, and true, where the load is told to stop."""
        try:
            async with asyncio.timeout(seconds):
                await self.stop.wait()
        except TimeoutError:
            return False
        return True
