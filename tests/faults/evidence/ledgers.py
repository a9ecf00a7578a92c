"""The ledgers of a run, kept by whoever saw what they say: files in its folder, one JSON object a line.

Those of the providers are their own, in their own form: `tests.faults.channels` has who reads them.
"""

import asyncio
import os
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from pydantic import TypeAdapter

from tests.faults.history import Answer, Callback, Crash, Injected, Leak, Reply, Snapshot, Withdrawal

Entry: TypeAlias = Answer | Callback | Withdrawal | Reply | Snapshot | Injected | Leak | Crash
FILES: Final[Mapping[type[Entry], str]] = {
    Answer: "clients.jsonl",
    Callback: "callbacks.jsonl",
    Withdrawal: "consents.jsonl",
    Reply: "replies.jsonl",
    Snapshot: "snapshots.jsonl",
    Injected: "faults.jsonl",
    Leak: "leaks.jsonl",
    Crash: "crashes.jsonl",
}
_KEYS: Final = "keys.json"
_LINE: Final = TypeAdapter(Entry)
_TEXTS: Final = TypeAdapter(list[str])


class Ledgers:
    """Writes them. What it has kept is on the disk, whatever happens to this process then."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    async def keep(self, *entries: Entry) -> None:
        """Append these, each to its ledger; goes on once they are on the disk."""
        if entries:
            await asyncio.to_thread(self.keep_now, *entries)

    def keep_now(self, *entries: Entry) -> None:
        """The same where nobody may be let in between."""
        lines: defaultdict[str, bytes] = defaultdict(bytes)
        for entry in entries:
            lines[FILES[type(entry)]] += _LINE.dump_json(entry) + b"\n"
        for name, data in lines.items():
            _append(self._folder / name, data)

    def keep_copy(self, ledger: Path, *, name: str) -> None:
        """Copy a provider's own ledger, in place of any copy before."""
        shutil.copyfile(ledger, self._folder / name)

    def keep_keys(self, keys: Sequence[str]) -> None:
        """Note secrets of the agencies, so that they can be looked for."""
        (self._folder / _KEYS).write_bytes(_TEXTS.dump_json(list(keys)))


def read_keys(folder: Path) -> list[str]:
    """The secrets that were noted."""
    path = folder / _KEYS
    return _TEXTS.validate_json(path.read_bytes()) if path.exists() else []


def whole_lines(data: bytes) -> list[bytes]:
    """The lines that have an end: what a crash cut short was never acknowledged."""
    return data[: data.rfind(b"\n") + 1].splitlines()


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
