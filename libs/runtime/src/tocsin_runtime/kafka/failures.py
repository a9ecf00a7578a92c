"""What calls of the Kafka client raise where Kafka cannot be reached or will not do it, and how clients are closed then."""

import asyncio
from collections.abc import Coroutine
from typing import Final

FAILURES: Final = (RuntimeError, OSError, TimeoutError)
"""All of the client's own errors are RuntimeErrors. So is uvloop's for a write to a connection that was reset just then,
which the client lets through as it is: it means no more than that the connection is lost."""


async def closed(closing: Coroutine[None, None, None], *, within: float) -> str | None:
    """Close a client, in so many seconds at most; returns why that did not succeed, None where it did.

    It closes in a task of its own: the client awaits what it has cancelled, which would look as if we were.
    """
    task = asyncio.ensure_future(closing)
    await asyncio.wait([task], timeout=within)
    if not task.done():
        task.cancel()
        return TimeoutError.__name__
    error = asyncio.CancelledError() if task.cancelled() else task.exception()
    if error is None or isinstance(error, (asyncio.CancelledError, *FAILURES)):
        return None if error is None else type(error).__name__
    raise error
