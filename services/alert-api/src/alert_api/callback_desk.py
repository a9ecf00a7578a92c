"""Takes reports in: those that come within a few milliseconds share one transaction (design, section 5.11)."""

import asyncio
from collections.abc import Sequence
from typing import Final

from alert_api.callback_receipts import Reader, keep_reports
from alert_api.database import Database, DatabaseDownError
from alert_api.measures import Measures
from alert_api.problems import Problem
from tocsin_store import callbacks
from tocsin_store.callbacks import Told

_GATHER_S: Final = 0.005
_MOST: Final = 500
MOST_WAITING: Final = 5_000
_LATER: Final = {"Retry-After": "1"}


class CallbackDesk:
    """One transaction at a time; what comes meanwhile waits for the next."""

    def __init__(self, database: Database, measures: Measures, *, read: Reader) -> None:
        self._database = database
        self._measures = measures
        self._read = read
        self._waiting: list[tuple[Told, asyncio.Future[None]]] = []
        self._woken = asyncio.Event()

    async def put(self, told: Told) -> None:
        """Keep a report: committed durably, with its receipt on its way, when this returns.

        Raises:
            Problem: `busy` where too many wait; nothing was kept.
            DatabaseDownError: It may have been kept; the same again is harmless.
        """
        if len(self._waiting) >= MOST_WAITING:
            self._measures.overloaded.labels("callbacks").inc()
            raise Problem("busy", headers=_LATER)
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((told, kept))
        self._woken.set()
        await kept

    async def run(self) -> None:
        """Take in for ever."""
        while True:
            await self._woken.wait()
            if len(self._waiting) < _MOST:
                await asyncio.sleep(_GATHER_S)
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            if not self._waiting:
                self._woken.clear()
            error = await self._kept([told for told, _ in batch])
            for _, kept in batch:
                _end(kept, error)

    async def _kept(self, told: Sequence[Told]) -> DatabaseDownError | None:
        try:
            async with self._database.transaction() as conn:
                await keep_reports(conn, await callbacks.absorb(conn, told), read=self._read)
        except DatabaseDownError as error:
            return error
        return None


def _end(kept: asyncio.Future[None], error: DatabaseDownError | None) -> None:
    if kept.done():  # whoever waited has gone
        return
    if error is None:
        kept.set_result(None)
    else:
        kept.set_exception(error)
