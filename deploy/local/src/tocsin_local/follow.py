"""Read the logs of a stack."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from tocsin_local.errors import LocalError

_LOOK_EVERY = 0.2


def log_files(folder: Path, *, name: str | None) -> Mapping[str, Path]:
    """Find the logs of one process, or of all.

    Raises:
        LocalError: There is none of that name.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.log")) if name in {None, path.stem}}
    if not found:
        known = ", ".join(path.stem for path in sorted(folder.glob("*.log")))
        raise LocalError(
            f"There is no log of {name}: choose among {known}." if known else f"No logs in {folder}."
        )
    return found


def last_lines(path: Path, *, count: int) -> list[str]:
    """Read the end of a log."""
    with path.open(errors="replace") as file:
        return list(deque(file, maxlen=count))


def new_lines(files: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    """Yield each line that is added from now on, with the name of its log; never ends."""
    opened = {name: path.open(errors="replace") for name, path in files.items()}
    for file in opened.values():
        file.seek(0, 2)
    while True:
        for name, file in opened.items():
            yield from ((name, line) for line in file)
        time.sleep(_LOOK_EVERY)
