"""Reads what a run wrote down."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from tests.faults.channels import every_channel
from tests.faults.evidence.dump import read_dump
from tests.faults.evidence.ledgers import FILES, whole_lines
from tests.faults.history import (
    Accept,
    Answer,
    Callback,
    Crash,
    History,
    Injected,
    Leak,
    Reply,
    Snapshot,
    Withdrawal,
)
from tests.faults.outside import Ledger

T = TypeVar("T")


def read_history(folder: Path) -> History:
    """Everything in the folder of a run; ledgers that were never begun are empty."""
    return History(
        dump=read_dump(folder),
        answers=_read(folder, Answer),
        accepts=[accept for one in every_channel() for accept in _accepts(folder, one.ledger)],
        calls=[
            call for one in every_channel() for call in one.ledger.calls(_lines(folder / one.ledger.copy))
        ],
        callbacks=_read(folder, Callback),
        withdrawals=_read(folder, Withdrawal),
        replies=_read(folder, Reply),
        snapshots=_read(folder, Snapshot),
        faults=_read(folder, Injected),
        leaks=_read(folder, Leak),
        crashes=_read(folder, Crash),
    )


def _read(folder: Path, kind: type[T]) -> list[T]:
    (name,) = [name for each, name in FILES.items() if each is kind]
    adapter = TypeAdapter(kind)
    return [adapter.validate_json(line) for line in _lines(folder / name)]


def _accepts(folder: Path, ledger: Ledger) -> Iterator[Accept]:
    for line in _lines(folder / ledger.copy):
        yield from ledger.accepts(line)


def _lines(path: Path) -> list[bytes]:
    return whole_lines(path.read_bytes()) if path.exists() else []
