"""Clients of Kafka are closed whatever state Kafka is in, and what goes wrong in that stays in it."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from tocsin_runtime.kafka.failures import closed

LONG = 3_600.0


async def well() -> None:
    """Close without trouble."""


async def over_a_cancelled_task() -> None:
    """Close as a client does that awaits what it has cancelled."""
    task = asyncio.ensure_future(asyncio.sleep(LONG))
    await asyncio.sleep(0)
    task.cancel()
    await task


async def unreachable() -> None:
    """Close without an answer."""
    raise ConnectionResetError


async def never() -> None:
    """Close in vain."""
    await asyncio.sleep(LONG)


@pytest.mark.parametrize(
    ("closing", "why"),
    [
        (well, None),
        (over_a_cancelled_task, "CancelledError"),
        (unreachable, "ConnectionResetError"),
        (never, "TimeoutError"),
    ],
)
async def test_closing_says_what_went_wrong_and_ends(
    closing: Callable[[], Coroutine[None, None, None]], why: str | None
) -> None:
    assert await closed(closing(), within=0.05) == why


async def test_a_mistake_of_ours_is_raised() -> None:
    async def mistaken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await closed(mistaken(), within=LONG)
