"""The ledgers of a run, kept by whoever saw what they say: files in its folder, one JSON object a line.

`accept.log` alone is the provider's own: tabs between its fields (see `tocsin_sandbox.mailbox.accept_log`).
"""

import asyncio
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from tests.faults.dump import read_dump
from tests.faults.history import (
    Accept,
    Answer,
    Callback,
    Crash,
    History,
    Injected,
    Leak,
    Snapshot,
    Withdrawal,
)

Entry: TypeAlias = Answer | Callback | Withdrawal | Snapshot | Injected | Leak | Crash
T = TypeVar("T")

ACCEPTS: Final = "accept.log"
_FILES: Final[Mapping[type[Entry], str]] = {
    Answer: "clients.jsonl",
    Callback: "callbacks.jsonl",
    Withdrawal: "consents.jsonl",
    Snapshot: "snapshots.jsonl",
    Injected: "faults.jsonl",
    Leak: "leaks.jsonl",
    Crash: "crashes.jsonl",
}
_KEYS: Final = "keys.json"
_BEGUN: Final = 6
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
            lines[_FILES[type(entry)]] += _LINE.dump_json(entry) + b"\n"
        for name, data in lines.items():
            _append(self._folder / name, data)

    def keep_accepts(self, log: Path) -> None:
        """Copy the provider's own ledger, in place of any copy before."""
        shutil.copyfile(log, self._folder / ACCEPTS)

    def keep_keys(self, keys: Sequence[str]) -> None:
        """Note secrets of the agencies, so that they can be looked for."""
        (self._folder / _KEYS).write_bytes(_TEXTS.dump_json(list(keys)))


def read_keys(folder: Path) -> list[str]:
    """The secrets that were noted."""
    path = folder / _KEYS
    return _TEXTS.validate_json(path.read_bytes()) if path.exists() else []


def read_history(folder: Path) -> History:
    """Everything that a run wrote down; ledgers that were never begun are empty."""
    return History(
        dump=read_dump(folder),
        answers=_read(folder, Answer),
        accepts=list(_accepts(folder / ACCEPTS)),
        callbacks=_read(folder, Callback),
        withdrawals=_read(folder, Withdrawal),
        snapshots=_read(folder, Snapshot),
        faults=_read(folder, Injected),
        leaks=_read(folder, Leak),
        crashes=_read(folder, Crash),
    )


def whole_lines(data: bytes) -> list[bytes]:
    """The lines that have an end: what a crash cut short was never acknowledged."""
    return data[: data.rfind(b"\n") + 1].splitlines()


def accepts_in(line: bytes) -> Iterator[Accept]:
    """What a line of the provider's ledger says: one accept for each recipient, none in a heading.

    Raises:
        ValueError: Its Message-ID names no delivery.
    """
    fields = line.decode("ascii").split("\t")
    if fields[0] == "#":
        return
    at, message_id, recipients = float(fields[0]), fields[1], fields[3]
    begun = float(fields[_BEGUN]) if len(fields) > _BEGUN else at
    delivery = UUID(message_id.strip("<>").partition("@")[0])
    for recipient in recipients.split(","):
        yield Accept(at=at, begun=begun, delivery=delivery, recipient=recipient)


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _read(folder: Path, kind: type[T]) -> list[T]:
    (name,) = [name for each, name in _FILES.items() if each is kind]
    path = folder / name
    adapter = TypeAdapter(kind)
    return [adapter.validate_json(line) for line in whole_lines(path.read_bytes())] if path.exists() else []


def _accepts(path: Path) -> Iterator[Accept]:
    if path.exists():
        for line in whole_lines(path.read_bytes()):
            yield from accepts_in(line)
