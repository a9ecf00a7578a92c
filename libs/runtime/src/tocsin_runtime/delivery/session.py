"""The session of this process: its heartbeat, its open claims, and whether a hand-over may begin."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import structlog

from tocsin_runtime.process import Process
from tocsin_store import sessions
from tocsin_store.pool import UNAVAILABLE, Pool

log = structlog.get_logger()

_BEAT_SECONDS: Final = 1.0
_SILENT_SECONDS: Final = 5.0
"""After this long without a heartbeat nothing is begun: a dispatcher may be about to call us dead."""


BEGIN_SECONDS: Final = 1.5
"""A hand-over not begun this long after its claim was sent is not begun: an opt-out since would be missed (I3)."""


class Session:
    """One run of this worker process in the ledger. Dead is final: then a new one is opened."""

    def __init__(self, pool: Pool, *, worker: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._clock = clock
        self._worker = worker
        self._id: int | None = None
        self._beat_at = float("-inf")
        self._begin_from = float("-inf")
        self._open: dict[int, float] = {}
        self._broken = False
        self._share = (0, 0)
        self._shares_from = float("inf")

    @property
    def id(self) -> int | None:
        """Its number, or None before the database has answered."""
        return self._id

    def may_begin(self, begin_by: float) -> bool:
        """Whether a claim that must begin by this monotonic moment may still be handed over."""
        now = self._clock()
        return self._begin_from <= now <= begin_by and now - self._beat_at < _SILENT_SECONDS

    def share(self) -> tuple[int, int]:
        """This worker's rank among how many live ones; (0, 0) until all others must have counted it, too."""
        now = self._clock()
        return self._share if self._shares_from <= now < self._beat_at + _SILENT_SECONDS else (0, 0)

    @contextmanager
    def claiming(self, token: int) -> Iterator[None]:
        """Have a claim open, from before its statement is sent until all its receipts are durable.

        Where something breaks inside, what was claimed may have no receipt: it is left to the recovery of orphans.
        """
        self._open[token] = self._clock()
        try:
            yield
        except BaseException:
            self._broken = True
            raise
        finally:
            del self._open[token]

    async def run(self, process: Process) -> None:
        """Beat every second until cancelled, through the drain, too."""
        while True:
            await self.beat(process)
            await asyncio.sleep(_BEAT_SECONDS)

    async def beat(self, process: Process) -> None:
        """Open the session, or say that it lives."""
        asked_at = self._clock()
        try:
            live = await self._live()
            if not live:
                self._begin_from = self._clock() + (
                    0 if self._id is None else BEGIN_SECONDS
                )  # past the dead one's claims
                self._id = await sessions.open_session(self._pool, worker=self._worker)
                self._broken = False
                self._shares_from = self._clock() + _SILENT_SECONDS + _BEAT_SECONDS
                log.info("session_opened", session=self._id)
            self._share = (live.index(self._id), len(live)) if self._id in live else (0, 0)
        except UNAVAILABLE as error:
            log.warning("heartbeat_failed", error=type(error).__name__)
            process.health.set("database", ok=False)
            return
        self._beat_at = asked_at
        process.health.set("database", ok=True)

    async def close(self) -> None:
        """End in good order; call it when no claim is open. With claims that broke it is left to be found dead."""
        if self._id is None or self._broken:
            return
        try:
            await sessions.close_session(self._pool, self._id)
        except UNAVAILABLE as error:  # recovery will find it dead, and nothing claimed
            log.warning("session_not_closed", error=type(error).__name__)

    async def _live(self) -> list[int]:
        if self._id is None:
            return []
        return await sessions.heartbeat(self._pool, self._id, oldest_claim_age=self._oldest_age())

    def _oldest_age(self) -> timedelta | None:
        if not self._open:
            return None
        return timedelta(seconds=self._clock() - min(self._open.values()))
