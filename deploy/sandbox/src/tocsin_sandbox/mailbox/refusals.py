"""How often what was refused, by phase and code; kept through a restart."""

import os
from collections import Counter
from pathlib import Path
from typing import Final

from tocsin_sandbox.mailbox.accept_log import write_all

FILE_NAME: Final = "refusals.log"


class Refusals:
    """Counts in memory, and a log with a line for each batch, phase and code: phase, code, how often."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._counts: Counter[tuple[str, str]] = Counter()
        self._unwritten: Counter[tuple[str, str]] = Counter()
        self._read()
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def add(self, phase: str, *, code: str) -> None:
        """Count one."""
        self._counts[phase, code] += 1
        self._unwritten[phase, code] += 1

    def by_phase(self) -> dict[str, dict[str, int]]:
        """How often, by phase, then code."""
        result: dict[str, dict[str, int]] = {}
        for (phase, code), count in sorted(self._counts.items()):
            result.setdefault(phase, {})[code] = count
        return result

    def write(self) -> None:
        """Write what was added since; raises OSError, and then it is written the next time."""
        lines = b"".join(
            f"{phase}\t{code}\t{count}\n".encode() for (phase, code), count in self._unwritten.items()
        )
        write_all(self._file, lines)
        self._unwritten.clear()

    def empty(self) -> None:
        """Forget all."""
        self._counts.clear()
        self._unwritten.clear()
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _read(self) -> None:
        lines = self._path.read_text("ascii").splitlines() if self._path.exists() else []
        for fields in (line.split("\t") for line in lines):
            if len(fields) == 3 and fields[2].isdigit():  # noqa: PLR2004 - phase, code, count; a torn line has fewer
                self._counts[fields[0], fields[1]] += int(fields[2])
