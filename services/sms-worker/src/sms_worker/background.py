"""What goes on beside the hand-overs: notices are said, silent texts asked after, slow providers put on hold."""

import asyncio
from collections.abc import Sequence
from functools import partial

from sms_worker.notices import EVERY_SECONDS as NOTICES_EVERY
from sms_worker.notices import say_notices
from sms_worker.provider import Provider
from sms_worker.settings import SmsWorkerSettings
from sms_worker.sms_channel import SmsChannel
from tocsin_runtime.delivery.decide import SMS
from tocsin_runtime.delivery.polling import poll
from tocsin_runtime.delivery.slow_receipts import EVERY_SECONDS as SLOW_EVERY
from tocsin_runtime.delivery.slow_receipts import hold_slow
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.loops import repeat
from tocsin_runtime.process import Process
from tocsin_schemas.words import Channel
from tocsin_store.pool import Pool


async def run_background(
    process: Process,
    *,
    channel: SmsChannel,
    providers: Sequence[Provider],
    settings: SmsWorkerSettings,
    pool: Pool,
    outlet: Outlet,
) -> None:
    """Go on until the process stops."""
    by_name = {provider.name: provider for provider in providers}
    notices = partial(say_notices, pool, providers=by_name, countries=settings.sms_countries)
    slow = partial(
        hold_slow, pool, channel=Channel.SMS, providers=channel.providers, patience=settings.patience
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(repeat(notices, process=process, name="notices", every=NOTICES_EVERY))
        group.create_task(repeat(slow, process=process, name="slow_receipts", every=SLOW_EVERY))
        group.create_task(
            poll(
                process,
                channel=Channel.SMS,
                policy=SMS,
                pool=pool,
                outlet=outlet,
                status_of=channel.status,
                schedule=settings.sms_poll_after,
            )
        )
