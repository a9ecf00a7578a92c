"""The channel as the worker uses it, against stand-ins: budgets, failover, and what its requests say."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

from tests.support.batches import a_batch
from tests.support.eventually import eventually
from tests.support.http_wire import Exchange, Script, Server, always, serving
from tests.support.relays import HoldList, sent
from tests.support.sms_channels import (
    ADA,
    BOB,
    SENDER,
    a_claim,
    a_text,
    channel_to,
    notify,
    obey,
    sandbox,
    taken,
    twilio,
    url_of,
)
from tocsin_providers.http.trouble import FAULTS
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_runtime.tokens import read_callback
from tocsin_schemas.words import Lane, Reason

CREATED = '{"sid": "SM1", "status": "queued"}'
SERVICE = "MG" + "0" * 32


def create(match: str, **action: object) -> dict[str, object]:
    return {"phase": "create", "match": match, "action": action}


async def asked_of_twilio(**changes: object) -> dict[str, list[str]]:
    """The form that Twilio gets for one text."""
    claimed = a_claim(fence=7)
    async with (
        serving(always(201, CREATED)) as server,
        channel_to(twilio(server.url), sms_max_price="0.2") as sender,
    ):
        await sent(sender, a_batch([claimed], content=a_text(**changes)))

    (request,) = server.asked
    head, _, body = request.decode().partition("\r\n\r\n")
    form = parse_qs(body, strict_parsing=True)
    (callback,) = form.pop("StatusCallback")
    where, _, reference = callback.partition("?r=")
    assert where == "http://127.0.0.1:1/callbacks/twilio/status"
    assert read_callback([b"k" * 32], reference) == (claimed.id, 7)
    assert head.startswith(
        "POST /2010-04-01/Accounts/AC11111111111111111111111111111111/Messages.json HTTP/1.1"
    )
    return form


async def test_twilio_is_told_all_it_needs() -> None:
    form = await asked_of_twilio()

    assert 3_590 <= int(form.pop("ValidityPeriod")[0]) <= 3_600
    assert form == {
        "To": [ADA],
        "From": [SENDER],
        "MaxPrice": ["0.2"],
        "Body": ["Flood\nThe river rises.\nFrom Fire & Rescue\nReply STOP to end"],
    }


async def test_a_pool_of_senders_is_named_as_one() -> None:
    form = await asked_of_twilio(sms_from=SERVICE)

    assert form["MessagingServiceSid"] == [SERVICE]
    assert "From" not in form


async def test_twilio_queues_nothing_for_longer_than_it_can() -> None:
    form = await asked_of_twilio(expires_at=a_text().expires_at + timedelta(days=2))

    assert form["ValidityPeriod"] == ["36000"]


async def test_notify_gets_a_template_and_a_reference(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as running, channel_to(notify(url_of(running))) as sender:
        claimed = a_claim()
        await sent(sender, a_batch([claimed], content=a_text()))
        (text,) = running.texts.kept.of_phone(ADA)

    assert text.body == "Flood\nThe river rises.\nFrom Fire & Rescue\nReply STOP to end"
    assert read_callback([b"k" * 32], text.draft.reference or "") == (claimed.id, 1)


async def test_no_more_segments_leave_than_the_budget_has(tmp_path: Path) -> None:
    long = a_text(
        body={"status": "actual", "info": [{"language": "en", "headline": "x", "description": "y " * 150}]}
    )
    async with sandbox(tmp_path) as running, channel_to(twilio(url_of(running))) as sender:
        batch = replace(a_batch([a_claim() for _ in range(4)], content=long), budget=7)

        outcomes = await sent(sender, batch)

        assert len(taken(running)) == 2

    assert [outcome.segments for outcome in outcomes[:2]] == [3, 3]
    assert [(outcome.of, outcome.scope) for outcome in outcomes[2:]] == [(OutcomeClass.LATE, Scope.ROUTE)] * 2


async def test_a_refused_country_is_not_asked_for(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as running, channel_to(twilio(url_of(running))) as sender:
        outcomes = await sent(sender, a_batch([a_claim("+33612345678"), a_claim()], content=a_text()))

        assert taken(running) == [ADA]

    assert [outcome.of for outcome in outcomes] == [OutcomeClass.PERMANENT, OutcomeClass.OK]


async def test_too_many_is_obeyed_and_the_rest_waits(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as running, channel_to(twilio(url_of(running)), sms_requests=1) as sender:
        await obey(
            running,
            {**create("*", type="reply", status=429, code=20429, text="", retry_after_s=7), "times": 1},
        )
        batch = a_batch([a_claim() for _ in range(3)], content=a_text(), begin_by=time.monotonic() + 0.5)

        outcomes = await sent(sender, batch)

        assert taken(running) == []

    assert outcomes[0].lasts == timedelta(seconds=7)
    assert outcomes[0].of is OutcomeClass.RETRY_SAFE
    assert {outcome.of for outcome in outcomes[1:]} == {OutcomeClass.LATE}


async def test_what_the_first_provider_has_not_begun_goes_through_the_second(tmp_path: Path) -> None:
    holds = HoldList()
    async with (
        sandbox(tmp_path) as running,
        channel_to(twilio("http://127.0.0.1:1"), notify(url_of(running))) as sender,
    ):
        outcomes = await sent(sender, a_batch([a_claim() for _ in range(60)], content=a_text()), holds=holds)

        assert len(taken(running)) == 60

    assert {(outcome.of, outcome.provider) for outcome in outcomes} == {(OutcomeClass.OK, "notify")}
    assert holds.held == {"twilio": (Reason.PROVIDER_UNREACHABLE, None)}


async def test_the_first_provider_is_preferred_while_it_is_well(tmp_path: Path) -> None:
    async with (
        sandbox(tmp_path) as running,
        channel_to(twilio(url_of(running)), notify(url_of(running))) as sender,
    ):
        outcomes = await sent(sender, a_batch([a_claim() for _ in range(60)], content=a_text()))

    assert {outcome.provider for outcome in outcomes} == {"twilio"}


async def test_credentials_that_are_refused_hold_the_account_and_nobody_waits(tmp_path: Path) -> None:
    holds = HoldList()
    async with (
        sandbox(tmp_path) as running,
        channel_to(twilio(url_of(running), auth_token="another"), notify(url_of(running))) as sender,
    ):
        outcomes = await sent(sender, a_batch([a_claim() for _ in range(60)], content=a_text()), holds=holds)

        assert len(taken(running)) == 60

    assert {outcome.provider for outcome in outcomes} == {"notify"}
    assert holds.held == {"twilio": (Reason.CONFIGURATION, timedelta(seconds=30))}


async def test_what_is_in_doubt_goes_nowhere_else(tmp_path: Path) -> None:
    holds = HoldList()
    async with (
        sandbox(tmp_path) as running,
        channel_to(twilio(url_of(running)), notify(url_of(running)), sms_requests=FAULTS) as sender,
    ):
        await obey(running, create("*", type="drop_after_accept"))

        outcomes = await sent(sender, a_batch([a_claim() for _ in range(40)], content=a_text()), holds=holds)

        assert len(taken(running)) == 40

    doubtful = [outcome for outcome in outcomes if outcome.of is OutcomeClass.AMBIGUOUS]
    assert FAULTS <= len(doubtful) < 3 * FAULTS
    assert {outcome.provider for outcome in doubtful} == {"twilio"}
    assert {outcome.provider for outcome in outcomes if outcome.of is OutcomeClass.OK} == {"notify"}
    assert holds.held["twilio"][0] is Reason.CONNECTION_LOST


async def test_with_no_provider_left_the_channel_pauses() -> None:
    holds = HoldList()
    async with channel_to(twilio("http://127.0.0.1:1"), notify("http://127.0.0.1:1")) as sender:
        outcomes = await sent(sender, a_batch([a_claim() for _ in range(3)], content=a_text()), holds=holds)

    assert {(outcome.of, outcome.scope) for outcome in outcomes} == {(OutcomeClass.PAUSE, Scope.CHANNEL)}
    assert set(holds.held) == {"twilio", "notify"}


async def test_a_stall_of_one_lane_holds_no_other() -> None:
    stalled = a_text()
    async with serving(_silent_for(BOB)) as server, channel_to(twilio(server.url), sms_requests=2) as sender:
        slow = a_batch([a_claim(BOB) for _ in range(2)], content=replace(stalled, lane=Lane.ROUTINE))
        waits = asyncio.ensure_future(sent(sender, slow))
        await eventually(lambda: _heard(server, 2))

        outcomes = await sent(sender, a_batch([a_claim() for _ in range(20)], content=stalled))
        still_waits = not waits.done()
        waits.cancel()

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.OK}
    assert still_waits


def _silent_for(number: str) -> Script:
    async def script(exchange: Exchange) -> None:
        while request := await exchange.hear():
            if number[1:].encode() not in request:
                exchange.say(201, CREATED)

    return script


async def _heard(server: Server, count: int) -> bool:
    return len(server.asked) >= count
