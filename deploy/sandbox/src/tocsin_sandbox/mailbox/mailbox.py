"""Accepts messages in batches: recorded first, acknowledged then."""

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tocsin_sandbox.mailbox.accept_log import Accepted, AcceptLog, Counts
from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.mailbox.refusals import Refusals
from tocsin_sandbox.mailbox.segments import Kept, Segments

log = logging.getLogger(__name__)

Done = Callable[[int | None], None]


class Mailbox:
    """All that arrived in one turn of the event loop is one write; whoever sent it is told only afterwards.

    Raises:
        BlockingIOError: Another process has this folder.
    """

    def __init__(self, folder: Path, *, keep_messages: int, keep_bytes: int, fsync: bool = False) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(folder / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise BlockingIOError(error.errno, "another sandbox uses this data_dir") from error
        self._log = AcceptLog(folder, fsync=fsync)
        self._refusals = Refusals(folder)
        self._segments = Segments(
            folder, messages=keep_messages, size=keep_bytes, after=self._log.counts.before
        )
        self._waiting: list[tuple[Received, Done]] = []
        self._scheduled = False

    def accept(self, received: Received, *, done: Done) -> None:
        """Record it within this turn of the loop, then say its number; None where the disk refused."""
        self._waiting.append((received, done))
        self._schedule()

    def refuse(self, phase: str, *, code: str) -> None:
        """Count one refusal."""
        self._refusals.add(phase, code=code)
        self._schedule()

    @property
    def counts(self) -> Counts:
        """What was accepted."""
        return self._log.counts

    @property
    def kept(self) -> int:
        """How many messages are there in whole."""
        return len(self._segments)

    def refused(self) -> dict[str, dict[str, int]]:
        """How often what was refused, by phase, then code."""
        return self._refusals.by_phase()

    def get(self, number: int) -> Kept | None:
        """One message, if it is kept."""
        return self._segments.get(number)

    def newest_first(self) -> list[Kept]:
        """The kept messages."""
        return self._segments.newest_first()

    def empty(self) -> None:
        """Forget messages and counts, on disk too; numbers go on, so none ever means two messages."""
        self.write()
        self._log.empty()
        self._segments.empty()
        self._refusals.empty()

    def close(self) -> None:
        """Record what waits and close the files."""
        self.write()
        self._log.close()
        self._segments.close()
        self._refusals.close()
        os.close(self._lock)

    def write(self) -> None:
        """Record what waits, now."""
        self._scheduled = False
        waiting, self._waiting = self._waiting, []
        accepted = self._record([received for received, _ in waiting])
        for place, (_, done) in enumerate(waiting):
            done(accepted[place].number if accepted else None)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.write)

    def _record(self, received: Sequence[Received]) -> list[Accepted]:
        """The numbered batch; empty where the log could not be written. A message may be counted and not kept."""
        accepted: list[Accepted] = []
        try:
            self._refusals.write()
            if received:
                accepted = self._log.append(received, now=time.time())
                self._segments.append(accepted)
        except OSError as error:
            log.error(
                "mailbox_write_failed recorded=%d errno=%s", len(accepted), error.errno
            )  # no trace: it may name a message
        return accepted
