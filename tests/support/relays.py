"""What a channel is handed by the runtime, in its simplest form: holds, a route watch; and outcomes in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tests.support.smtp import OpenGate
from tocsin_runtime.delivery.channel import Batch, Channel, Gate, Outcome, Settled
from tocsin_schemas.words import Reason


@dataclass
class HoldList:
    """Holds of this process alone; nothing ends them."""

    held: dict[str, tuple[Reason, timedelta | None]] = field(default_factory=dict)

    def is_held(self, provider: str) -> bool:
        return provider in self.held

    def hold(self, provider: str, reason: Reason, *, rest: timedelta | None = None) -> None:
        self.held[provider] = (reason, rest)


@dataclass
class SlowList:
    """Routes that were called slow, each time."""

    told: list[str] = field(default_factory=list)

    def slow(self, route: str) -> None:
        self.told.append(route)


async def sent_in_parts(
    sender: Channel,
    batch: Batch,
    *,
    gate: Gate | None = None,
    holds: HoldList | None = None,
    routes: SlowList | None = None,
) -> list[Sequence[Settled]]:
    """Hand a batch over and collect the parts."""
    parts = sender.send(
        batch, gate=gate or OpenGate(), holds=holds or HoldList(), routes=routes or SlowList()
    )
    return [part async for part in parts]


async def sent(
    sender: Channel,
    batch: Batch,
    *,
    gate: Gate | None = None,
    holds: HoldList | None = None,
    routes: SlowList | None = None,
) -> list[Outcome]:
    """Hand a batch over; its outcomes in the order of its deliveries, each exactly once."""
    parts = await sent_in_parts(sender, batch, gate=gate, holds=holds, routes=routes)
    settled = sorted((one for part in parts for one in part), key=lambda one: one.number)
    assert [one.number for one in settled] == list(range(len(batch.deliveries)))
    return [one.outcome for one in settled]
