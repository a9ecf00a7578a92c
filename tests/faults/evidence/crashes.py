"""Looks for services that ended by an error of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.faults.history import Crash
from tests.faults.playing import SANDBOX

_SIGNS: Final = ('"event": "crashed"', "Traceback (most recent call last)")
_OTHERS: Final = frozenset({"kafka", "postgres", "guard", SANDBOX})
_SHOWN: Final = 500


def crashes_in(service: str, log: str) -> Iterator[Crash]:
    """Find where it says so itself, or where the interpreter does, which writes no JSON."""
    for line in log.splitlines():
        if _SIGNS[0] in line or line.startswith(_SIGNS[1]):
            yield Crash(service, line[:_SHOWN])


def crashes_of(logs: Path) -> Iterator[Crash]:
    """Look through the logs of our services."""
    for path in sorted(logs.iterdir()):
        if path.stem not in _OTHERS:
            yield from crashes_in(path.stem, path.read_text(errors="replace"))
