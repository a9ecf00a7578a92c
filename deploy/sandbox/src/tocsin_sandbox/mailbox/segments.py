"""Whole messages on disk, the newest up to a bound of number and bytes; the oldest go.

Written into the newest of two segment files. Once that one alone holds as much as is kept, the older is deleted and
a new one begun, so nothing is ever copied and the disk holds at most twice the bound.
Record: magic, number, unix time, length of the envelope, length of the content; then both. The envelope is the
sender and the recipients, a line feed between.
"""

import os
import struct
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tocsin_sandbox.mailbox.accept_log import Accepted, write_all

_HEAD: Final = struct.Struct("!4sQdII")
_MAGIC: Final = b"TSM1"


class Kept(NamedTuple):
    """Where a kept message lies, and its envelope."""

    number: int
    received_at: float
    sender: bytes
    recipients: tuple[bytes, ...]
    size: int
    offset: int
    segment: "_Segment"

    def content(self, size: int = -1) -> bytes:
        """Its first bytes, or all of them; empty where it has gone since."""
        return self.segment.read(self.offset, size=self.size if size < 0 else min(size, self.size))


class _Segment:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self.size = os.fstat(self._file).st_size
        self.messages = 0
        self._open = True

    def append(self, records: bytes | bytearray) -> None:
        try:
            write_all(self._file, records)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(records)

    def read(self, offset: int, *, size: int) -> bytes:
        return os.pread(self._file, size, offset) if self._open else b""

    def close(self, *, delete: bool) -> None:
        self._open = False
        os.close(self._file)
        if delete:
            self.path.unlink()

    def records(self) -> Iterator[Kept]:
        """All whole records; what follows the last of them is cut off."""
        at = 0
        while len(head := self.read(at, size=_HEAD.size)) == _HEAD.size:
            magic, number, time, envelope, content = _HEAD.unpack(head)
            offset = at + _HEAD.size + envelope
            if magic != _MAGIC or offset + content > self.size:
                break
            sender, *recipients = self.read(at + _HEAD.size, size=envelope).split(b"\n")
            yield Kept(number, time, sender, tuple(recipients), content, offset, self)
            at = offset + content
            self.messages += 1
        os.ftruncate(self._file, at)
        self.size = at


class Segments:
    """The kept messages by number, oldest first."""

    def __init__(self, folder: Path, *, messages: int, size: int, after: int) -> None:
        """Read back what is there, except messages up to the number `after`: those were emptied."""
        self._folder = folder
        self._max_messages = messages
        self._max_bytes = size
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._bytes = 0
        self._segments = [_Segment(path) for path in sorted(folder.glob("inbox-*.seg"))]
        for kept in (kept for segment in self._segments for kept in segment.records()):
            if kept.number > after:
                self._add(kept)
        self._turn()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def get(self, number: int) -> Kept | None:
        """One message, if it is kept."""
        return self._kept.get(number)

    def newest_first(self) -> list[Kept]:
        """All of them, as they are now."""
        return list(reversed(self._kept.values()))

    def append(self, batch: Sequence[Accepted]) -> None:
        """Keep these, in one write.

        Raises:
            OSError: None of them is kept.
        """
        if not self._max_messages:
            return
        segment = self._segments[-1]
        kept, records, at = [], bytearray(), segment.size
        for accepted in batch:
            records += _heading(accepted)
            kept.append(_kept(accepted, offset=at + len(records), segment=segment))
            records += accepted.received.content
        segment.append(records)
        segment.messages += len(kept)
        for one in kept:
            self._add(one)
        self._turn()

    def empty(self) -> None:
        """Delete all."""
        self._kept.clear()
        self._bytes = 0
        fresh = self._fresh()
        for segment in self._segments:
            segment.close(delete=True)
        self._segments = [fresh]

    def close(self) -> None:
        """Close the files."""
        for segment in self._segments:
            segment.close(delete=False)

    def _add(self, kept: Kept) -> None:
        self._kept[kept.number] = kept
        self._bytes += kept.size
        while len(self._kept) > self._max_messages or self._bytes > self._max_bytes:
            self._bytes -= self._kept.popitem(last=False)[1].size

    def _turn(self) -> None:
        """Begin a new segment where the newest is full; delete those that hold nothing kept any more."""
        newest = self._segments[-1] if self._segments else None
        if newest is None or newest.messages >= self._max_messages or newest.size >= self._max_bytes:
            self._segments.append(self._fresh())
            used = {id(kept.segment) for kept in self._kept.values()} | {id(self._segments[-1])}
            for segment in [segment for segment in self._segments if id(segment) not in used]:
                segment.close(delete=True)
                self._segments.remove(segment)

    def _fresh(self) -> _Segment:
        latest = max(
            (int(path.stem.removeprefix("inbox-")) for path in self._folder.glob("inbox-*.seg")), default=0
        )
        return _Segment(self._folder / f"inbox-{latest + 1:08d}.seg")


def _heading(accepted: Accepted) -> bytes:
    received = accepted.received
    envelope = b"\n".join((received.sender, *received.recipients))
    head = _HEAD.pack(_MAGIC, accepted.number, accepted.received_at, len(envelope), len(received.content))
    return head + envelope


def _kept(accepted: Accepted, *, offset: int, segment: _Segment) -> Kept:
    received = accepted.received
    size = len(received.content)
    return Kept(
        accepted.number, accepted.received_at, received.sender, received.recipients, size, offset, segment
    )
