"""Too many reports at once are refused, and what was refused is not kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from alert_api.callback_desk import MOST_WAITING, CallbackDesk
from alert_api.callback_receipts import reader_of
from alert_api.database import Database, DatabaseDownError
from alert_api.measures import Measures
from alert_api.problems import Problem
from tests.support.callers import a_sid
from tocsin_store.callbacks import Told
from tocsin_store.pool import open_pool


@asynccontextmanager
async def a_desk() -> AsyncIterator[CallbackDesk]:
    """One whose database is away."""
    async with await open_pool(
        "postgresql://nobody@127.0.0.1:1/gone", size=1, application_name="test"
    ) as pool:
        database = Database(pool, wait=timedelta(seconds=1))
        yield CallbackDesk(database, Measures(CollectorRegistry()), read=reader_of(()))


def told() -> Told:
    return Told("twilio", a_sid(), "delivered", "")


async def test_there_is_an_end_to_who_may_wait() -> None:
    async with a_desk() as desk, asyncio.TaskGroup() as group:
        waiting = [group.create_task(desk.put(told())) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)

        with pytest.raises(Problem) as refused:
            await desk.put(told())

        assert (refused.value.slug, refused.value.headers) == ("busy", {"Retry-After": "1"})
        for task in waiting:
            task.cancel()


async def test_everybody_is_told_that_the_database_is_away() -> None:
    async with a_desk() as desk:
        running = asyncio.create_task(desk.run())

        answers = await asyncio.gather(desk.put(told()), desk.put(told()), return_exceptions=True)

        assert [type(answer) for answer in answers] == [DatabaseDownError] * 2
        running.cancel()


async def test_one_who_left_does_not_disturb_the_others() -> None:
    async with a_desk() as desk:
        left, stays = asyncio.create_task(desk.put(told())), asyncio.create_task(desk.put(told()))
        await asyncio.sleep(0)
        left.cancel()
        running = asyncio.create_task(desk.run())

        with pytest.raises(DatabaseDownError):
            await stays
        running.cancel()
