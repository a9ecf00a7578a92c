"""Takes alerts in: those that come while others are being committed share the next transaction."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from alert_api.database import Database, DatabaseDownError
from alert_api.traces import EVENT_TYPES
from tocsin_schemas.messages import AlertAccepted
from tocsin_schemas.topics import ALERTS
from tocsin_store import accepting
from tocsin_store.accepting import Answered, Asked

_MOST: Final = 20

Outcome = Answered | Exception | None


class AcceptanceDesk:
    """One statement at a time, which is a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Asked, asyncio.Future[Answered | None]]] = []
        self._woken = asyncio.Event()

    async def put(self, asked: Asked) -> Answered | None:
        """Store an alert: committed durably when this returns. None where another request holds its key.

        Raises:
            DatabaseDownError: It may have been stored; its key tells.
        """
        answered: asyncio.Future[Answered | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answered))
        self._woken.set()
        return await answered

    async def run(self) -> None:
        """Take in for ever."""
        while True:
            await self._woken.wait()
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            if not self._waiting:
                self._woken.clear()
            outcomes = await self._stored([asked for asked, _ in batch])
            for (_, answered), outcome in zip(batch, outcomes, strict=True):
                _end(answered, outcome)

    async def _stored(self, asked: Sequence[Asked]) -> Sequence[Outcome]:
        try:
            async with self._database.connection() as conn:
                return await accepting.accept(
                    conn,
                    asked,
                    status=HTTPStatus.ACCEPTED,
                    topic=ALERTS.name,
                    event_type=EVENT_TYPES[AlertAccepted],
                )
        except DatabaseDownError as error:
            return [error] * len(asked)
        except Exception as error:  # noqa: BLE001 - whoever posted it is told; it must not take the others along
            return [error] if len(asked) == 1 else [(await self._stored([each]))[0] for each in asked]


def _end(answered: asyncio.Future[Answered | None], outcome: Outcome) -> None:
    if answered.done():  # whoever waited has gone
        return
    if isinstance(outcome, Exception):
        answered.set_exception(outcome)
    else:
        answered.set_result(outcome)
