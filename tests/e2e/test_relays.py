"""Two relays: each has its share, one takes all while the other is down, and nobody is served by both."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.e2e_agency import an_alert
from tests.support.e2e_inbox import Sandbox
from tests.support.e2e_town import People, Town, town_of
from tests.support.eventually import eventually
from tocsin_local.ports import free_base
from tocsin_local.services import SANDBOX_SMTP, SERVICES, Service
from tocsin_local.stack import Stack
from tocsin_schemas.words import State
from tocsin_store import pauses
from tocsin_store.pauses import provider_route

MEMBERS = 200
PAGE, SMTP = 15, 16
"""Ports of the second sandbox, from the base port."""


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A stack of its own, with a second sandbox as the relay `b`."""
    base = free_base()
    second = Service(
        "sandbox-b",
        ("tocsin-sandbox",),
        {"TOCSIN_SANDBOX_HTTP_PORT": PAGE, "TOCSIN_SANDBOX_SMTP_PORT": SMTP},
        environment={"TOCSIN_SANDBOX_DATA_DIR": str(tmp_path / "b")},
    )
    relays = [
        {"name": name, "host": "127.0.0.1", "port": base + port, "tls": "none"}
        for name, port in (("a", SANDBOX_SMTP), ("b", SMTP))
    ]
    stack = Stack(
        tmp_path / "stack",
        base_port=base,
        services=(*SERVICES, second),
        extra_environment={"TOCSIN_SMTP_RELAYS": json.dumps(relays)},
    )
    await asyncio.to_thread(stack.start)
    try:
        async with town_of(stack) as town:
            yield town
    finally:
        await asyncio.to_thread(stack.stop)
        stack.delete()


async def test_a_relay_that_is_down_is_stood_in_for_until_it_is_back(town: Town) -> None:
    people = await town.people(MEMBERS)
    other = Sandbox(town.url("sandbox-b"), town.http)
    before = await _alerted(town, people, other)

    await other.smtp(down=True)
    without = await _alerted(town, people, other)
    held = {hold.route for hold in await pauses.in_force(town.pool)}
    await other.smtp(down=False)
    await eventually(lambda: _nothing_is_held(town))
    again = await _alerted(town, people, other)

    assert min(before["a"], before["b"]) > MEMBERS // 4
    assert without == {"a": MEMBERS}
    assert held == {provider_route("b")}
    assert min(again["a"], again["b"]) > MEMBERS // 4


async def _alerted(town: Town, people: People, other: Sandbox) -> Counter[str]:
    """Alert everybody; returns how many each relay took. Each message arrived once, at the relay its receipt names."""
    alert = (await people.agency.post(an_alert())).accepted.id
    await town.settled(alert)
    rows = await people.agency.deliveries(alert)
    receipts = [each for each in await people.agency.receipts(alert) if each.state is State.SENT]
    told = {str(each.delivery_id): each.provider or "" for each in receipts}
    arrived = {"a": await town.sandbox.arrivals(alert), "b": await other.arrivals(alert)}
    assert {row.state for row in rows} == {State.SENT}
    assert arrived["a"] + arrived["b"] == Counter(dict.fromkeys(told, 1))
    assert all(delivery in arrived[name] for delivery, name in told.items())
    return Counter(told.values())


async def _nothing_is_held(town: Town) -> bool:
    return await pauses.in_force(town.pool) == []
