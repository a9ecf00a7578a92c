"""`make faults` and `make faults-mutants`: break the stack under load and check every promise, from outside.

`run` breaks and checks, `check FOLDER` checks again what a run wrote down, `regressions` replays what once failed,
`mutants` proves that the checker sees bugs.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import SystemRandom
from typing import Final

from rich.console import Console

from tests.faults.kinds import every_kind
from tests.faults.load.load import Profile
from tests.faults.mutants.catalogue import MUTANTS
from tests.faults.mutation import Hunt
from tests.faults.regressions import REGRESSIONS
from tests.faults.reports.mutant_report import show_mutants, write_mutants
from tests.faults.run import Show, Wish, run
from tests.faults.stage import Setting
from tests.faults.verdict import judged, tell

_FOLDER: Final = Path(".tocsin/faults")
_MINUTE: Final = 60.0
_USUAL: Final = Profile()
_DEFAULTS: Final[Mapping[str, object]] = {
    "every": 2.0,
    "only": (),
    "replicas": 2,
    "agencies": _USUAL.agencies,
    "members": _USUAL.members,
    "post_every": _USUAL.post_every,
}


def main() -> None:
    """Exit with 1 where a promise was broken, or a seeded bug was not caught."""
    wish = _arguments()
    console = Console(width=140)
    kept: bool = wish.act(wish, console)
    sys.exit(not kept)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    acts = parser.add_subparsers(required=True)
    breaking = acts.add_parser("run", help="Break it for some minutes, then check.")
    breaking.set_defaults(act=_run)
    breaking.add_argument("--minutes", type=float, default=5.0)
    breaking.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    breaking.add_argument("--every", type=float, help="Seconds between faults.")
    breaking.add_argument("--only", nargs="+", choices=sorted(every_kind()), metavar="KIND")
    breaking.add_argument("--replicas", type=int, choices=(1, 2))
    breaking.add_argument("--agencies", type=int)
    breaking.add_argument("--members", type=int, help="Of each agency.")
    breaking.add_argument("--post-every", type=float, help="Seconds.")
    breaking.set_defaults(**_DEFAULTS)
    checking = acts.add_parser("check", help="Check again what a run wrote down.")
    checking.set_defaults(act=_check)
    checking.add_argument("folder", type=Path)
    again = acts.add_parser("regressions", help="Replay the runs that once broke a promise.")
    again.set_defaults(act=_again)
    seeding = acts.add_parser("mutants", help="Seed bugs one by one.")
    seeding.set_defaults(act=_seed)
    seeding.add_argument(
        "--only", nargs="+", default=(), choices=[one.name for one in MUTANTS], metavar="NAME"
    )
    seeding.add_argument("--seed", type=int, default=1)
    seeding.add_argument("--at-once", type=int, default=1, help="Stacks that run at a time.")
    return parser.parse_args()


def _run(wish: argparse.Namespace, console: Console) -> bool:
    profile = Profile(agencies=wish.agencies, members=wish.members, post_every=wish.post_every)
    ordered = Wish(
        seed=wish.seed,
        seconds=wish.minutes * _MINUTE,
        every=wish.every,
        only=tuple(wish.only),
        profile=profile,
        setting=Setting(wish.replicas),
        replay=_replay(wish),
    )
    return _kept(ordered, console)


def _replay(wish: argparse.Namespace) -> str:
    """The command that draws the same again: what differs from the defaults is part of it."""
    others = {
        name: getattr(wish, name) for name, default in _DEFAULTS.items() if getattr(wish, name) != default
    }
    words = [f"--{name.replace('_', '-')} {_words(value)}" for name, value in others.items()]
    arguments = f' ARGS="{" ".join(words)}"' if words else ""
    return f"make faults MINUTES={wish.minutes:g} SEED={wish.seed}{arguments}"


def _words(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _kept(wish: Wish, console: Console) -> bool:
    """Run it and judge it; whether every promise was kept."""
    folder = _FOLDER / f"seed-{wish.seed}"
    console.print(f"Seed {wish.seed}, {wish.seconds / _MINUTE:g} minutes", highlight=False)
    run(wish, folder, show=_to(console))
    return _told(folder, reports=_FOLDER, console=console)


def _told(folder: Path, *, reports: Path, console: Console) -> bool:
    verdict = judged(folder)
    tell(verdict, reports=reports, console=console)
    return not verdict.findings


def _again(_: argparse.Namespace, console: Console) -> bool:
    kept = True
    for one in REGRESSIONS:
        console.print(f"Seed {one.seed}: {one.found}", markup=False)
        kept &= _kept(one.wish, console)
    return kept


def _check(wish: argparse.Namespace, console: Console) -> bool:
    return _told(wish.folder, reports=wish.folder, console=console)


def _seed(wish: argparse.Namespace, console: Console) -> bool:
    mutants = [one for one in MUTANTS if not wish.only or one.name in wish.only]
    hunt = Hunt(_FOLDER / "mutants", wish.seed, wish.at_once, _to(console))
    controls = hunt.controls(sorted({one.scenario for one in mutants}))
    trials = hunt.trials(mutants)
    write_mutants(_FOLDER, trials=trials, controls=controls)
    show_mutants(console, trials=trials, controls=controls)
    return all(one.caught for one in trials.values()) and not any(one.caught for one in controls.values())


def _to(console: Console) -> Show:
    began = time.monotonic()

    def show(line: str) -> None:
        console.print(
            f"{time.monotonic() - began:6.1f}  {line}", markup=False, highlight=False, soft_wrap=True
        )

    return show


if __name__ == "__main__":
    main()
