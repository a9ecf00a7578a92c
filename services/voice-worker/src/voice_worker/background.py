"""What goes on beside the calls: those without an end are asked after, and lines; silent providers are put on hold."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final

from tocsin_runtime.delivery.decide import VOICE
from tocsin_runtime.delivery.polling import poll
from tocsin_runtime.delivery.slow_receipts import EVERY_SECONDS as SLOW_EVERY
from tocsin_runtime.delivery.slow_receipts import Patience, hold_slow
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.loops import repeat
from tocsin_runtime.process import Process
from tocsin_schemas.words import Channel
from tocsin_store.pool import Pool
from voice_worker.asking import Asking
from voice_worker.line_ends import EVERY_SECONDS as LINES_EVERY
from voice_worker.line_ends import free_silent
from voice_worker.settings import VoiceWorkerSettings
from voice_worker.voice_channel import VoiceChannel

_SHARE: Final = 0.3
_LEAST: Final = 20
_AFTER: Final = timedelta(minutes=4)
_WINDOW: Final = timedelta(minutes=6)
_REST: Final = timedelta(minutes=5)


async def run_background(
    process: Process, *, channel: VoiceChannel, settings: VoiceWorkerSettings, pool: Pool, outlet: Outlet
) -> None:
    """Go on until the process stops."""
    after = max(_AFTER, settings.line_lasts)
    patience = Patience(_SHARE, _LEAST, after=after, until=after + _WINDOW, rest=_REST)
    slow = partial(hold_slow, pool, channel=Channel.VOICE, providers=channel.providers, patience=patience)
    lines = partial(free_silent, pool, channel=channel)
    async with asyncio.TaskGroup() as group:
        group.create_task(repeat(lines, process=process, name="lines", every=LINES_EVERY))
        group.create_task(repeat(slow, process=process, name="slow_receipts", every=SLOW_EVERY))
        group.create_task(
            poll(
                process,
                channel=Channel.VOICE,
                policy=VOICE,
                pool=pool,
                outlet=outlet,
                status_of=Asking(pool, channel).status,
                schedule=settings.voice_poll_after,
            )
        )
