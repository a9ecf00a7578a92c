"""Whether a request went out is known: what did not may go elsewhere, what did is in doubt until somebody asks."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from sms_worker.provider import Outgoing, Provider
from sms_worker.providers import providers_of
from tests.support.http_wire import Exchange, always, serving
from tests.support.sms_channels import ADA, SENDER, nothing_known, notify, sms_settings, twilio
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason

TEXT = Outgoing(ADA, "Flood", SENDER, "reference", 3_600, 1, None)
ACCOUNTS = [pytest.param(twilio, id="twilio"), pytest.param(notify, id="notify")]
Account = Callable[..., dict[str, object]]
NOBODY = "http://127.0.0.1:1"

pytestmark = pytest.mark.parametrize("account", ACCOUNTS)


def yes() -> bool:
    return True


def no() -> bool:
    return False


@asynccontextmanager
async def provider(account: Account, url: str, **values: object) -> AsyncIterator[Provider]:
    settings = sms_settings(account(url), **values)
    (made,) = providers_of(settings, known=nothing_known)
    try:
        yield made
    finally:
        await made.close()


async def test_nobody_listens_and_nothing_was_handed_over(account: Account) -> None:
    async with provider(account, NOBODY) as asked:
        outcome = await asked.send(TEXT, may_begin=yes)
        probed = await asked.probe()

    assert (outcome.of, outcome.reason) == (OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE)
    assert outcome.scope is Scope.CHANNEL
    assert not probed


async def test_a_name_that_is_nobodys_is_the_same(account: Account) -> None:
    async with provider(account, "http://nobody.invalid") as asked:
        outcome = await asked.send(TEXT, may_begin=yes)

    assert (outcome.of, outcome.reason) == (OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE)


async def test_what_may_not_begin_sends_no_byte(account: Account) -> None:
    async with serving(always(201)) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=no)
        probed = await asked.probe()

    assert outcome.of is OutcomeClass.LATE
    assert [request[:4] for request in server.asked] == [b"GET "]
    assert not probed


async def test_what_came_too_late_leaves_its_connection_to_the_next(account: Account) -> None:
    connected: list[bool] = []

    async def script(exchange: Exchange) -> None:
        connected.append(True)
        await always(201, json.dumps({"sid": "SM1", "id": "1"}))(exchange)

    async with serving(script) as server, provider(account, server.url) as asked:
        late = await asked.send(TEXT, may_begin=no)
        outcome = await asked.send(TEXT, may_begin=yes)

    assert (late.of, outcome.of) == (OutcomeClass.LATE, OutcomeClass.OK)
    assert len(connected) == 1


async def test_the_gate_is_asked_again_in_the_slice_of_the_first_byte(account: Account) -> None:
    answers = iter([True, False])

    async with serving(always(201)) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=lambda: next(answers))

    assert outcome.of is OutcomeClass.LATE
    assert server.asked == []


async def test_connections_are_used_again(account: Account) -> None:
    connected: list[bool] = []

    async def script(exchange: Exchange) -> None:
        connected.append(True)
        await always(201, json.dumps({"sid": "SM1", "id": "1"}))(exchange)

    async with serving(script) as server, provider(account, server.url) as asked:
        outcomes = [await asked.send(TEXT, may_begin=yes) for _ in range(3)]

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.OK}
    assert len(connected) == 1


async def test_an_answer_that_does_not_come_is_in_doubt(account: Account) -> None:
    async def silence(exchange: Exchange) -> None:
        await exchange.hear()
        await asyncio.Event().wait()

    async with serving(silence) as server, provider(account, server.url, sms_timeout="PT0.3S") as asked:
        outcome = await asked.send(TEXT, may_begin=yes)

    assert (outcome.of, outcome.reason) == (OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST)
    assert len(server.asked) == 1


async def test_a_connection_that_ends_after_the_request_leaves_it_in_doubt(account: Account) -> None:
    async def reset(exchange: Exchange) -> None:
        await exchange.hear()
        exchange.reset()

    async with serving(reset) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=yes)

    assert outcome.of is OutcomeClass.AMBIGUOUS
    assert len(server.asked) == 1  # it is not made again by itself


async def test_half_an_answer_leaves_it_in_doubt(account: Account) -> None:
    async def half(exchange: Exchange) -> None:
        await exchange.hear()
        exchange.writer.write(b'HTTP/1.1 201 X\r\nContent-Length: 100\r\n\r\n{"sid": "SM')

    async with serving(half) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=yes)

    assert outcome.of is OutcomeClass.AMBIGUOUS


@pytest.mark.parametrize("body", ["", "garbage", "[]", '{"sid": 7, "id": null}', "{}"])
async def test_taken_but_under_no_id_is_in_doubt(account: Account, body: str) -> None:
    async with serving(always(201, body)) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=yes)

    assert (outcome.of, outcome.reason) == (OutcomeClass.AMBIGUOUS, Reason.UNKNOWN_CODE)


async def test_what_is_no_http_is_in_doubt(account: Account) -> None:
    async def nonsense(exchange: Exchange) -> None:
        await exchange.hear()
        exchange.writer.write(b"220 relay.example ESMTP\r\n\r\n")

    async with serving(nonsense) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=yes)

    assert outcome.of is OutcomeClass.AMBIGUOUS


async def test_an_answer_without_end_is_in_doubt(account: Account) -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.hear()
        exchange.writer.write(b"HTTP/1.1 201 X\r\nContent-Length: 4000000\r\n\r\n" + b" " * 4_000_000)
        await exchange.writer.drain()

    async with serving(endless) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=yes)

    assert outcome.of is OutcomeClass.AMBIGUOUS


async def test_nobody_is_sent_elsewhere(account: Account) -> None:
    async with serving(always(201)) as other, serving(always(307, Location=other.url)) as server:  # noqa: SIM117 - ports
        async with provider(account, server.url) as asked:
            outcome = await asked.send(TEXT, may_begin=yes)

    assert (outcome.of, outcome.reason) == (OutcomeClass.PAUSE, Reason.CONFIGURATION)
    assert other.asked == []


async def test_too_many_says_how_long_to_wait(account: Account) -> None:
    async with serving(always(429, Retry_After="7")) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=yes)

    assert (outcome.of, outcome.reason) == (OutcomeClass.RETRY_SAFE, Reason.THROTTLED)
    assert outcome.lasts is not None
    assert outcome.lasts.total_seconds() == 7


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_provider_that_broke_may_have_taken_it(account: Account, status: int) -> None:
    async with serving(always(status)) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=yes)

    assert (outcome.of, outcome.provider_status) == (OutcomeClass.AMBIGUOUS, str(status))


async def test_credentials_that_are_refused_pause_the_account(account: Account) -> None:
    status = 401 if account is twilio else 403
    body = json.dumps({"code": 20003, "message": "Authenticate", "errors": [{"error": "AuthError"}]})
    async with serving(always(status, body)) as server, provider(account, server.url) as asked:
        outcome = await asked.send(TEXT, may_begin=yes)
        probed = await asked.probe()

    assert (outcome.of, outcome.scope) == (OutcomeClass.PAUSE, Scope.CHANNEL)
    assert not probed
