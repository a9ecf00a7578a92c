"""The ledger down while somebody is on the line: they are asked to hold, and hear no error; nothing is lost."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from alert_api.bodies import MAX_BYTES
from alert_api.settings import ApiSettings
from tests.integration.alert_api.call_client import REPORTS, Call, Line
from tests.integration.alert_api.callback_client import Providers, kept, receipts_of
from tests.integration.alert_api.conftest import serving
from tests.support.callers import PUBLIC, TWILIO, a_call_sid
from tests.support.eventually import eventually
from tocsin_store.pool import Pool

FORM = "application/x-www-form-urlencoded"
GONE = "postgresql://nobody@127.0.0.1:1/gone"


@pytest.fixture
def with_twilio(settings: ApiSettings) -> ApiSettings:
    return settings.model_copy(update={"sms_providers": (TWILIO,), "public_url": PUBLIC})


@pytest.fixture
async def up(with_twilio: ApiSettings) -> AsyncIterator[Providers]:
    async with serving(with_twilio) as api:
        yield Providers(api)


@pytest.fixture
async def down(with_twilio: ApiSettings) -> AsyncIterator[Providers]:
    async with serving(with_twilio.model_copy(update={"database_url": SecretStr(GONE)})) as api:
        yield Providers(api)


async def test_who_answers_holds_the_line_and_hears_it_when_the_ledger_is_back(
    up: Providers, down: Providers, pool: Pool, line: Line
) -> None:
    sid = a_call_sid()

    held = await Call(down, line.reference, sid).answered("human")
    said = await Call(up, line.reference, sid).ask(held.next)

    assert held.verbs == ["Say", "Pause", "Redirect"]
    assert held.told == {"r": line.reference, "h": "1", "a": "human"}
    assert "The river rises." in said.text
    assert [(row["status"], row["code"]) for row in await kept(pool, sid)] == [("speaking", "human")]


async def test_a_key_is_not_lost(up: Providers, down: Providers, pool: Pool, line: Line) -> None:
    sid = a_call_sid()
    menu = await Call(up, line.reference, sid).answered()

    held = await Call(down, line.reference, sid).press("1", after=menu)
    held = await Call(down, line.reference, sid).ask(held.next)
    said = await Call(up, line.reference, sid).ask(held.next)

    assert held.told == {"r": line.reference, "at": "menu", "h": "2", "d": "1"}
    assert said.text == "Thank you. Goodbye."
    assert [receipt["kind"] for receipt in await receipts_of(pool, line.claimed.id)] == ["acknowledged"]


async def test_nobody_holds_more_than_three_times_or_is_thanked_for_nothing(
    down: Providers, line: Line
) -> None:
    call = Call(down, line.reference, a_call_sid())

    said = await call.ask(f"/calls/twilio/key?r={line.reference}&at=menu", Digits="1")
    verbs = [said.verbs]
    for _ in range(3):
        said = await call.ask(said.next)
        verbs.append(said.verbs)

    assert verbs == [["Say", "Pause", "Redirect"]] * 3 + [["Say", "Hangup"]]
    assert said.text == "Goodbye."


async def test_a_machine_records_no_word_of_it(down: Providers, line: Line) -> None:
    said = await Call(down, line.reference, a_call_sid()).answered("machine_end_beep")

    assert said.verbs == ["Pause", "Redirect"]
    assert said.told["a"] == "machine_end_beep"


async def test_a_ledger_that_does_not_answer_keeps_nobody_waiting_in_silence(
    up: Providers, pool: Pool, line: Line
) -> None:
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE")

        said = await Call(up, line.reference, a_call_sid()).answered()

    assert said.verbs == ["Say", "Pause", "Redirect"]


async def test_whoever_calls_while_bodies_fill_all_the_room_holds_the_line(
    with_twilio: ApiSettings, line: Line
) -> None:
    head = f"POST {REPORTS} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 65536\r\n\r\n"
    async with serving(with_twilio.model_copy(update={"inflight_bytes": MAX_BYTES})) as api:
        host, _, port = api.base.removeprefix("http://").partition(":")
        stalled = [await asyncio.open_connection(host, port) for _ in range(2)]
        for _, writer in stalled:
            writer.write(head.encode())

        async def held() -> bool:
            said = await Call(Providers(api), line.reference, a_call_sid()).answered()
            return said.verbs == ["Say", "Pause", "Redirect"]

        await eventually(held)
        for _, writer in stalled:
            writer.close()
