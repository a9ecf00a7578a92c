"""The SMS worker alone, with claim and receipt, against the provider's SDK alone: the same texts to the same stand-in."""

import asyncio
import json
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final

import aiohttp
from rich.console import Console
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from tests.bench.callbacks import PHONES
from tests.bench.county import running_stack
from tests.bench.rows import Row
from tests.support.phones import a_sender
from tests.support.world import BODY, PURPOSE, SQUARE
from tocsin_local.stack import Stack
from tocsin_providers.accounts import TwilioAccount, base_of
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.sms.text import compose
from tocsin_schemas.topics import RECEIPTS, deliveries
from tocsin_schemas.words import Channel, Lane, Severity
from tocsin_store import new_alerts
from tocsin_store.new_alerts import NewAlert
from tocsin_store.pool import Pool, open_pool

_PHONES: Final = 10_000
_ALONE: Final = 3_000
"""Texts of the SDK, each time."""
_REQUESTS: Final = 40
_PACE: Final = 1_000_000
_GOAL: Final = 0.8
_FROM: Final = 0.1
_TO: Final = 0.95
_QUIET: Final = '{"segments_per_s": null, "sent_after_s": {"least": 600, "most": 600}}'
"""The stand-in takes texts, and reports on none of them meanwhile."""


def measure(*, console: Console) -> list[Row]:
    """Receipts a second that Kafka acknowledged, between the first tenth and the last twentieth."""
    with running_stack(TOCSIN_SMS_PACED="false", TOCSIN_SANDBOX_TWILIO=_QUIET) as stack:
        stack.stop_one("sms-worker")
        stack.stop_one("receipts-worker")
        console.print(f"texts: {_PHONES} phones")
        rate, alone = asyncio.run(_rates(stack))
    ratio = rate / alone
    goal = f"≥ {_GOAL} of the SDK"
    return [
        Row("sdk-alone", alone, "texts/s, median of 3"),
        Row("texts", rate, "deliveries/s", alone, ratio, goal, ratio >= _GOAL),
    ]


async def _rates(stack: Stack) -> tuple[float, float]:
    account = TwilioAccount.model_validate(
        json.loads((stack.layout.secrets / "tocsin_sms_providers").read_text())[0]
    )
    async with (
        await open_pool(stack.database_url, size=2, application_name="bench") as pool,
        Observer(stack.kafka_bootstrap) as observer,
    ):
        sender = await _posted(pool)
        topic = deliveries(Channel.SMS, Lane.ROUTINE)
        while sum((await observer.end_offsets(topic)).values()) * 100 < _PHONES:
            await asyncio.sleep(0.2)
        alone = [await _sdk(account, sender=sender) for _ in range(2)]
        before = await _taken(account)
        await asyncio.to_thread(stack.start_one, "sms-worker")
        rate = await _slope(observer)
        receipts = sum((await observer.end_offsets(RECEIPTS)).values())
        rate *= min(1.0, (await _taken(account) - before) / receipts)  # what was released is no text
        alone.append(await _sdk(account, sender=sender))
    return rate, median(alone)


async def _posted(pool: Pool) -> str:
    """An alert to everybody; returns whom it comes from."""
    agency, sender = await a_sender(pool)
    await pool.execute("UPDATE agency SET sms_segments_per_s = $2 WHERE id = $1", agency, _PACE)
    await pool.execute(PHONES, agency, _PHONES, PURPOSE)
    await pool.execute("ANALYZE member, place, contact_point, consent")
    async with pool.acquire() as connection, connection.transaction():
        await new_alerts.insert(
            connection,
            NewAlert(
                agency_id=agency,
                lane=Lane.ROUTINE,
                severity=Severity.MINOR,
                purpose=PURPOSE,
                expires_at=datetime.now(UTC) + timedelta(hours=6),
                body=BODY,
                shapes=(SQUARE,),
                channels=(Channel.SMS,),
            ),
        )
    return sender


async def _sdk(account: TwilioAccount, *, sender: str) -> float:
    """Texts a second of the SDK as it comes, as many under way as the worker has."""
    text = compose(BODY, agency_name="Fire & Rescue", sms_from=sender, language="en", replace_typography=True)
    left = iter(range(_ALONE))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own of aiohttp
        async with AsyncTwilioHttpClient() as http:
            client = Client(account.account_sid, account.auth_token.get_secret_value(), http_client=http)
            client.api.base_url = base_of(account)

            async def send(numbers: Iterator[int]) -> None:
                for number in numbers:
                    await client.messages.create_async(
                        to=f"+447{number:09d}",
                        from_=sender,
                        body=text.body,
                        validity_period=3_600,
                        status_callback="http://127.0.0.1:1/callbacks/twilio/status?r=" + "0" * 51,
                    )

            begun = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                for _ in range(_REQUESTS):
                    group.create_task(send(left))
            return _ALONE / (time.perf_counter() - begun)


async def _taken(account: TwilioAccount) -> int:
    """How many texts the stand-in has."""
    url = f"{base_of(account)}/api/texts/summary"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        summary: dict[str, int] = await answer.json()
        return summary["taken"]


async def _slope(observer: Observer) -> float:
    seen: list[tuple[float, int]] = []
    while not seen or seen[-1][1] < _TO * _PHONES:
        count = sum((await observer.end_offsets(RECEIPTS)).values())
        if count >= _FROM * _PHONES:
            seen.append((time.perf_counter(), count))
        await asyncio.sleep(0.02)
    (began, first), (ended, last) = seen[0], seen[-1]
    return (last - first) / (ended - began)
