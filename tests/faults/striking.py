"""What strikes share: to end in peace where another fault is there, to be undone when cancelled, to see who is back."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from tests.faults.fault import Scene
from tests.support.eventually import eventually, until
from tocsin_runtime.kafka.producer import KafkaUnavailableError
from tocsin_store.pool import UNAVAILABLE

_BACK_WITHIN_S: Final = 40.0
_STOP_WITHIN_S: Final = 12.0


@contextmanager
def where_possible() -> Iterator[None]:
    """End what cannot be done because a server is down or cut off at the same time."""
    with suppress(KafkaError, KafkaUnavailableError, *UNAVAILABLE):
        yield


async def unbroken(work: Coroutine[None, None, None]) -> None:
    """Do something to its end: a caller that is cancelled is so only after it."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    finally:
        await asyncio.wait([task])


async def let_go(consumer: AIOKafkaConsumer) -> None:
    """Close a consumer; Kafka may be gone. Who is cancelled stays so: nothing is raised in its place."""
    with where_possible():
        async with asyncio.timeout(_STOP_WITHIN_S):
            await consumer.stop()


def pids(scene: Scene, names: Sequence[str]) -> dict[str, int | None]:
    """Who they are now."""
    return {name: scene.stack.pid(name) for name in names}


async def anew(scene: Scene, before: dict[str, int | None]) -> None:
    """Return when each is ready again as another process, or when another fault keeps it from that."""

    def ready() -> bool:
        unready = scene.stack.state.unready()
        return all(
            name not in unready and scene.stack.pid(name) not in (None, pid) for name, pid in before.items()
        )

    with suppress(TimeoutError):
        await until(ready, within=_BACK_WITHIN_S)


async def recovered(scene: Scene) -> None:
    """Return when PostgreSQL answers, or when another fault keeps it from that."""

    async def answers() -> bool:
        with where_possible():
            return bool(await scene.town.pool.fetchval("SELECT true"))
        return False

    with suppress(TimeoutError):
        await eventually(answers, within=_BACK_WITHIN_S)
