"""The durable list of what was accepted: one line a message, and what may be counted from it.

Line: unix time, Message-ID, envelope sender, envelope recipients (comma between), bytes, accept number, unix time at
which the envelope began; tabs between. Older lines lack the last one. The first line of a log that was emptied is `#`
and the last number given before.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tocsin_sandbox.mailbox.received import Received, message_id_of

FILE_NAME: Final = "accept.log"

_FIELDS: Final = frozenset({6, 7})


class Accepted(NamedTuple):
    """A numbered message."""

    number: int
    received_at: float
    message_id: bytes
    received: Received

    def line(self, time: bytes) -> bytes:
        """Its line of the log; the time is the same for a whole batch."""
        received = self.received
        return b"%b\t%b\t%b\t%b\t%d\t%d\t%.6f\n" % (
            time,
            self.message_id,
            received.sender,
            b",".join(received.recipients),
            len(received.content),
            self.number,
            received.begun,
        )


class Counts:
    """Counted over all messages since the mailbox was last emptied; ids stay in memory, about 200 bytes a message."""

    def __init__(self, *, before: int = 0) -> None:
        self.before = before
        self.bytes = 0
        self.without_message_id = 0
        self._ids: list[bytes] = []
        self._distinct: set[bytes] = set()

    def add(self, message_id: bytes, *, size: int) -> None:
        """Count the next message."""
        self._ids.append(message_id)
        self.bytes += size
        if message_id:
            self._distinct.add(message_id)
        else:
            self.without_message_id += 1

    @property
    def messages(self) -> int:
        """All accepted messages."""
        return len(self._ids)

    @property
    def last_number(self) -> int:
        """The highest number given so far; numbers have no gaps."""
        return self.before + len(self._ids)

    @property
    def distinct(self) -> int:
        """Different Message-IDs."""
        return len(self._distinct)

    @property
    def duplicates(self) -> int:
        """Messages whose Message-ID had been seen; one without any is never a duplicate."""
        return self.messages - self.without_message_id - self.distinct

    def ids(self, *, after: int, limit: int) -> tuple[int, Sequence[bytes]]:
        """The Message-IDs (empty: none) behind a number, in order, with the number of the first of them."""
        first = max(after, self.before)
        place = first - self.before
        return first + 1, self._ids[place : place + limit]


class AcceptLog:
    """The file. Whole lines only: what cannot be written whole is taken back."""

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        self._path = folder / FILE_NAME
        self._fsync = fsync
        self.counts, size = _read(self._path)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.ftruncate(self._file, size)
        self._size = size

    def append(self, received: Sequence[Received], *, now: float) -> list[Accepted]:
        """Number these and hand their lines to the operating system; with fsync, to the disk.

        Raises:
            OSError: They could not be written; nothing is counted.
        """
        first = self.counts.last_number + 1
        batch = [
            Accepted(first + place, now, message_id_of(one.content), one)
            for place, one in enumerate(received)
        ]
        time = b"%.6f" % now
        self._write(b"".join([accepted.line(time) for accepted in batch]))
        for accepted in batch:
            self.counts.add(accepted.message_id, size=len(accepted.received.content))
        return batch

    def empty(self) -> None:
        """Forget all lines; numbers go on. Either all of it happens or, with an OSError, nothing."""
        heading = b"#\t%d\n" % self.counts.last_number
        fresh = self._path.with_suffix(".new")
        file = os.open(fresh, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(file, heading)
        fresh.replace(self._path)
        os.close(self._file)
        self._file, self._size = file, len(heading)
        self.counts = Counts(before=self.counts.last_number)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write(self, lines: bytes) -> None:
        try:
            write_all(self._file, lines)
            if self._fsync:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(lines)


def write_all(file: int, data: bytes | bytearray) -> None:
    """Write all of it.

    Raises:
        OSError: Part of it may have been written.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _read(path: Path) -> tuple[Counts, int]:
    """The counts, and the size of the whole lines; a line cut short by a crash was never acknowledged."""
    counts, size = Counts(), 0
    if not path.exists():
        return counts, size
    with path.open("rb") as lines:
        for line in lines:
            fields = line.split(b"\t")
            if not line.endswith(b"\n"):
                break
            if fields[0] == b"#":
                counts = Counts(before=int(fields[1]))
            elif len(fields) in _FIELDS:
                counts.add(fields[1], size=int(fields[4]))
            size += len(line)
    return counts, size
