import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from tests.faults.fault import Kind, Scene, What
from tests.faults.history import Injected
from tests.faults.nemesis import Nemesis, skipped
from tests.faults.schedule import Planned

SCENE = cast("Scene", object())
"""Nothing here touches it."""


async def test_each_fault_is_struck_with_what_was_planned_and_written_down() -> None:
    stage = Stage()
    before = time.time()

    await stage.run([Planned(at=0, kind="kill", what={"service": "dispatcher"})])

    [written] = stage.written
    assert stage.struck == ["kill"]
    assert (written.kind, written.what) == ("kill", {"service": "dispatcher"})
    assert before <= written.began <= written.ended <= time.time()


async def test_a_fault_is_struck_at_its_time() -> None:
    stage = Stage()
    begun = time.time()

    await stage.run([plan("kill"), plan("kill", at=0.2)])

    first, second = stage.written
    assert first.began - begun < 0.2
    assert second.began - begun >= 0.2


async def test_what_a_kind_says_of_a_fault_is_written_with_it() -> None:
    kind = replace(
        a_kind("stall", at_once),
        slows_hand_over=True,
        disturbs=False,
        domain=lambda what: str(what["domain"]),
        loses=lambda _: "receipts",
    )
    stage = Stage(kind)

    await stage.run([Planned(at=0, kind="stall", what={"domain": "one.example"})])

    [written] = stage.written
    assert (written.slows_hand_over, written.disturbs) == (True, False)
    assert (written.domain, written.loses) == ("one.example", "receipts")


async def test_no_more_than_three_are_there_at_the_same_time() -> None:
    hold = Hold()
    stage = Stage(a_kind("stop", hold.strike))

    async with asyncio.TaskGroup() as group:
        run = group.create_task(stage.run([plan("stop")] * 5))
        await hold.holds(3)
        hold.let_go.set()
        await run

    assert len(stage.written) == 5
    assert hold.most == 3


async def test_one_that_is_alone_waits_for_the_others_and_lets_none_begin() -> None:
    hold, alone = Hold(), Hold()
    stage = Stage(a_kind("stop", hold.strike), replace(a_kind("wipe", alone.strike), alone=True))

    async with asyncio.TaskGroup() as group:
        run = group.create_task(stage.run([plan("stop"), plan("stop"), plan("wipe"), plan("stop")]))
        await hold.holds(2)
        before = (hold.there, alone.there)
        hold.let_go.set()
        await alone.holds(1)
        within = (hold.there, alone.there)
        alone.let_go.set()
        await run

    assert (before, within) == ((2, 0), (0, 1))
    assert [one.kind for one in stage.written] == ["stop", "stop", "wipe", "stop"]


async def test_a_strike_that_raises_is_written_down_and_ends_nothing() -> None:
    async def fail(_scene: Scene, _what: What) -> None:
        raise ConnectionRefusedError

    stage = Stage(a_kind("broken", fail), a_kind("kill", at_once))

    await stage.run([Planned(at=0, kind="broken", what={"seconds": 1}), plan("kill", at=0.01)])

    broken, kill = stage.written
    assert broken.what == {"seconds": 1, "failed": "ConnectionRefusedError"}
    assert kill.what == {}
    assert "broken seconds=1 failed: ConnectionRefusedError" in stage.said


async def test_at_a_stop_what_is_there_undoes_itself_and_the_rest_never_begins() -> None:
    hold = Hold()
    stage = Stage(a_kind("stop", hold.strike), a_kind("kill", at_once))

    async with asyncio.TaskGroup() as group:
        run = group.create_task(stage.run([plan("stop"), plan("stop"), plan("kill", at=3_600)]))
        await hold.holds(2)
        stage.stop.set()
        await run

    assert [one.kind for one in stage.written] == ["stop", "stop"]
    assert (hold.there, hold.undone) == (0, 2)


async def test_a_run_that_is_cancelled_leaves_nothing_behind() -> None:
    hold = Hold()
    stage = Stage(a_kind("stop", hold.strike))

    run = asyncio.create_task(stage.run([plan("stop")]))
    await hold.holds(1)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert (hold.there, hold.undone, len(stage.written)) == (0, 1, 1)


async def test_a_ledger_that_cannot_be_written_ends_the_run() -> None:
    def full(_: Injected) -> None:
        raise OSError

    with pytest.RaisesGroup(OSError, flatten_subgroups=True):
        await Nemesis().run(
            [plan("kill")],
            SCENE,
            kinds={"kill": a_kind("kill", at_once)},
            ledger_write=full,
            stop=asyncio.Event(),
        )


async def test_what_this_machine_cannot_do_is_passed_over_and_named() -> None:
    full = replace(a_kind("disk-full", at_once), needs=lambda _: "no file system of its own")
    stage = Stage(full, a_kind("kill", at_once))

    await stage.run([plan("disk-full"), plan("kill")])

    assert stage.struck == ["kill"]
    assert skipped(stage.kinds, SCENE) == {"disk-full": "no file system of its own"}


@dataclass
class Hold:
    """A fault that is there until it is let go or cancelled."""

    there: int = 0
    most: int = 0
    undone: int = 0
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def strike(self, _scene: Scene, _what: What) -> None:
        self.there += 1
        self.most = max(self.most, self.there)
        async with self.changed:
            self.changed.notify_all()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.undone += 1
            raise
        finally:
            self.there -= 1

    async def holds(self, number: int) -> None:
        async with self.changed, asyncio.timeout(10):
            await self.changed.wait_for(lambda: self.there == number)


class Stage:
    """Runs plans over some kinds and remembers all that is told."""

    def __init__(self, *kinds: Kind) -> None:
        self.struck: list[str] = []
        self.written: list[Injected] = []
        self.said: list[str] = []
        self.stop = asyncio.Event()
        self.kinds = {one.name: self._seen(one) for one in kinds or (a_kind("kill", at_once),)}

    async def run(self, planned: Sequence[Planned]) -> None:
        await Nemesis(say=self.said.append).run(
            planned, SCENE, kinds=self.kinds, ledger_write=self.written.append, stop=self.stop
        )

    def _seen(self, kind: Kind) -> Kind:
        async def strike(scene: Scene, what: What) -> None:
            self.struck.append(kind.name)
            await kind.strike(scene, what)

        return replace(kind, strike=strike)


async def at_once(scene: Scene, what: What) -> None: ...


def a_kind(name: str, strike: Callable[[Scene, What], Awaitable[None]]) -> Kind:
    return Kind(name=name, draw=lambda _random, _scale: {}, strike=strike)


def plan(kind: str, *, at: float = 0) -> Planned:
    return Planned(at=at, kind=kind, what={})
