"""Strikes the faults of a plan, each at its time, and writes down when each was there."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.faults.fault import Kind, Scene
from tests.faults.history import Injected
from tests.faults.schedule import Planned


def skipped(kinds: Mapping[str, Kind], scene: Scene) -> dict[str, str]:
    """Return why kinds cannot be struck on this machine, by name: those that can are not there."""
    reasons = {name: kind.needs(scene) for name, kind in kinds.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _unheard(_: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Nemesis:
    """The goddess who gives each run what its seed has in store for it."""

    say: Callable[[str], None] = _unheard
    """Told in a line when a fault begins, is over, or could not be struck."""
    at_once: int = 3
    """How many faults may be there at the same time."""

    async def run(
        self,
        schedule: Sequence[Planned],
        scene: Scene,
        *,
        kinds: Mapping[str, Kind],
        ledger_write: Callable[[Injected], None],
        stop: asyncio.Event,
    ) -> None:
        """Strike until every fault is over, or until `stop`: then those still there are cancelled and undo themselves.

        A fault for which there is no room waits, and those planned after it wait behind it. Kinds that this machine
        cannot do are passed over. A strike that raises is written down with `failed` and ends nothing.

        Args:
            schedule: In order of time; its seconds count from now.
            scene: What is struck.
            kinds: Has every kind of the plan.
            ledger_write: Given each fault once it is over, however it ended; what this raises ends the run.
            stop: Ends it early.
        """
        missing = skipped(kinds, scene)
        possible = [planned for planned in schedule if planned.kind not in missing]
        async with asyncio.TaskGroup() as group:
            striking = group.create_task(self._strike_all(possible, scene, kinds, ledger_write))
            stopping = group.create_task(stop.wait())
            await asyncio.wait({striking, stopping}, return_when=asyncio.FIRST_COMPLETED)
            striking.cancel()
            stopping.cancel()

    async def _strike_all(
        self,
        schedule: Sequence[Planned],
        scene: Scene,
        kinds: Mapping[str, Kind],
        ledger_write: Callable[[Injected], None],
    ) -> None:
        begun = time.monotonic()
        there: dict[asyncio.Task[None], Kind] = {}
        async with asyncio.TaskGroup() as group:
            for planned in schedule:
                kind = kinds[planned.kind]
                await asyncio.sleep(begun + planned.at - time.monotonic())
                there = await self._room_beside(there, kind=kind)
                there[group.create_task(self._strike(planned, kind, scene, ledger_write))] = kind

    async def _room_beside(
        self, there: dict[asyncio.Task[None], Kind], *, kind: Kind
    ) -> dict[asyncio.Task[None], Kind]:
        """Wait until one more of that kind may be there, and return which others still are."""
        while True:
            there = {task: other for task, other in there.items() if not task.done()}
            alone = kind.alone or any(other.alone for other in there.values())
            if len(there) < (1 if alone else self.at_once):
                return there
            await asyncio.wait(there, return_when=asyncio.FIRST_COMPLETED)

    async def _strike(
        self, planned: Planned, kind: Kind, scene: Scene, ledger_write: Callable[[Injected], None]
    ) -> None:
        told = " ".join([planned.kind, *(f"{name}={value}" for name, value in planned.what.items())])
        self.say(f"{told} begins")
        began, failed = time.time(), ""
        try:
            await kind.strike(scene, planned.what)
        except Exception as error:  # noqa: BLE001 - what cannot be struck is told, the rest of the plan goes on
            failed = type(error).__name__
        finally:
            ledger_write(_injected(planned, kind, began=began, failed=failed))
            self.say(f"{told} failed: {failed}" if failed else f"{told} is over")


def _injected(planned: Planned, kind: Kind, *, began: float, failed: str) -> Injected:
    return Injected(
        kind=planned.kind,
        began=began,
        ended=time.time(),
        what={**planned.what, "failed": failed} if failed else planned.what,
        slows_hand_over=kind.slows_hand_over,
        disturbs=kind.disturbs,
        domain=kind.domain(planned.what),
        loses=kind.loses(planned.what),
    )
