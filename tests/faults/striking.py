"""What strikes share: to end in peace where another fault is there, to be undone when cancelled, to see who is back."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from aiokafka.errors import KafkaError

from tests.faults.fault import Scene
from tests.support.eventually import until
from tocsin_runtime.kafka.producer import KafkaUnavailableError
from tocsin_store.pool import UNAVAILABLE

BACK_WITHIN_S: Final = 40.0


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
        await until(ready, within=BACK_WITHIN_S)
