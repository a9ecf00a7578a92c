"""One run: load and faults together, then everything settles, and what became of it is written down."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.faults.evidence.crashes import crashes_of
from tests.faults.evidence.dump import dump
from tests.faults.evidence.leaks import gather_leaks
from tests.faults.evidence.ledgers import Ledgers
from tests.faults.evidence.recorder import install
from tests.faults.fault import Kind, Scale, Scene
from tests.faults.history import Injected
from tests.faults.kinds import every_kind
from tests.faults.load.load import Load, Profile
from tests.faults.nemesis import Nemesis, skipped
from tests.faults.pulse import felt
from tests.faults.schedule import Planned, as_json, schedule
from tests.faults.stage import Setting, Stage, services_of, stage
from tests.support.e2e_town import Town, town_of
from tocsin_local.errors import LocalError
from tocsin_store.pool import UNAVAILABLE

_SHOW_EVERY_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.5
_QUIET_LOOKS: Final = 6
_BACK_WITHIN: Final = timedelta(seconds=180)

_WHERE: Final = """
SELECT (SELECT count(*) FROM delivery)                                                AS deliveries,
       (SELECT count(*) FROM delivery WHERE work <> 'none' OR state = 'pending')      AS open,
       (SELECT count(*) FROM fan_out WHERE done_at IS NULL) + (SELECT count(*) FROM chunk WHERE settled_at IS NULL)
     + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM due)
     + (SELECT count(*) FROM notice WHERE taken_at IS NULL)                           AS rest,
       (SELECT count(*) FROM receipt)                                                 AS told
"""

ORDERED: Final = "ordered.json"
"""In a run's folder: its seed, minutes and command, and which kinds of faults the machine could not have."""

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What to run. The same seed draws the same faults for the same moments, and the same load."""

    seed: int
    seconds: float
    every: float = 2.0
    """Seconds from one drawn fault to the next, on average; 0: none is drawn."""
    only: tuple[str, ...] = ()
    """Kinds of faults that are drawn; all of them where empty."""
    plan: tuple[Planned, ...] = ()
    """Faults that are chosen, beside those that are drawn."""
    profile: Profile = field(default_factory=Profile)
    setting: Setting = field(default_factory=Setting)
    patience: float = 360.0
    """Seconds for everything to settle after the last fault."""
    replay: str = ""
    """The command that runs it again."""


def run(wish: Wish, folder: Path, *, show: Show) -> None:
    """Run it; afterwards the folder holds ledgers and dump, to be read by `read_history`, and how it was ordered."""
    show("starting the stack")
    shutil.rmtree(folder, ignore_errors=True)
    with stage(folder / "stack", wish.setting, channels=wish.profile.channels) as running:
        try:
            asyncio.run(_play(wish, folder, running=running, show=show))
        finally:
            shutil.copytree(running.stack.layout.logs, folder / "logs")


async def _play(wish: Wish, folder: Path, *, running: Stage, show: Show) -> None:
    ledgers = Ledgers(folder)
    async with town_of(running.stack) as town:
        scene = running.scene(town)
        kinds = every_kind()
        missing = skipped(kinds, scene)
        for name, why in missing.items():
            show(f"left out: {name}: {why}")
        ordered = {
            "seed": wish.seed,
            "minutes": wish.seconds / 60,
            "replay": wish.replay,
            "missing": missing,
        }
        (folder / ORDERED).write_text(json.dumps(ordered))
        await install(town.pool)
        load = Load(scene, seed=wish.seed, profile=wish.profile, ledgers=ledgers)
        await load.settle_in()
        async with _shown(town, show=show), felt(town.sandbox, write=ledgers.keep_now):
            await _break(wish, folder, scene=scene, kinds=kinds, load=load, show=show)
            running.heal()
            ledgers.keep_now(await _back(running, show=show))
            await _settle(town, patience=wish.patience, show=show)
        await load.final_snapshots()
        show("writing down what the database, Kafka and the logs hold")
        await gather_leaks(town, folder)
        ledgers.keep_now(*crashes_of(running.stack.layout.logs))
        await dump(town.pool, folder, kafka=town.kafka)


async def _break(
    wish: Wish, folder: Path, *, scene: Scene, kinds: Mapping[str, Kind], load: Load, show: Show
) -> None:
    """Load and faults, until the time is over."""
    scale = Scale(services_of(wish.setting, wish.profile.channels), wish.profile.domains)
    drawn = (
        schedule(kinds, seed=wish.seed, seconds=wish.seconds, every=wish.every, scale=scale, only=wish.only)
        if wish.every
        else ()
    )
    planned = sorted((*drawn, *wish.plan), key=lambda one: one.at)
    (folder / "schedule.json").write_text(as_json(planned))
    stop, write = asyncio.Event(), Ledgers(folder).keep_now
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run(stop))
        group.create_task(Nemesis(say=show).run(planned, scene, kinds=kinds, ledger_write=write, stop=stop))
        await asyncio.sleep(wish.seconds)
        stop.set()


async def _back(running: Stage, *, show: Show) -> Injected:
    """Wait until every process is back: what the last faults have ended is away until then."""
    began = time.time()
    show("no fault begins any more")
    try:
        await asyncio.to_thread(running.stack.wait_ready, timeout=_BACK_WITHIN)
    except LocalError as error:
        show(str(error))
    show("everything is back")
    return Injected("coming back", began, time.time())


async def _settle(town: Town, *, patience: float, show: Show) -> None:
    """Return when nothing is left to do, or when patience ends: then the checker says what is left.

    Providers report on what was done with: nothing may have been told for some seconds.
    """
    quiet, told = 0, -1
    try:
        async with asyncio.timeout(patience):
            while quiet < _QUIET_LOOKS:
                now = await _where(town)
                at_rest = now is not None and not now["open"] and not now["rest"] and now["told"] == told
                quiet, told = quiet + 1 if at_rest else 0, now["told"] if now else -1
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        show(
            f"not settled after {patience:.0f} s, not ready: {', '.join(town.stack.state.unready()) or 'nobody'}"
        )


@asynccontextmanager
async def _shown(town: Town, *, show: Show) -> AsyncIterator[None]:
    """Say every few seconds how far it is."""
    began = time.monotonic()

    async def tell() -> None:
        while True:
            await asyncio.sleep(_SHOW_EVERY_S)
            now = await _where(town)
            said = (
                f"{now['deliveries']} deliveries, {now['open']} open"
                if now
                else "the database does not answer"
            )
            show(f"{time.monotonic() - began:5.0f} s  {said}")

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


async def _where(town: Town) -> Mapping[str, int] | None:
    try:
        row = await town.pool.fetchrow(_WHERE)
    except UNAVAILABLE:
        return None
    return dict(row) if row else None
