"""What a call asks of Twilio, and which calls are not made at all."""

import time
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from tests.support.batches import a_batch
from tests.support.http_wire import always, serving
from tests.support.relays import HoldList, sent
from tests.support.sms_channels import twilio
from tests.support.voice_channels import CALLER, HOME, WORK, Lines, a_call, a_claim, voice_over, voice_to
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_runtime.tokens import read_callback
from tocsin_schemas.words import Reason
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.content import AlertContent
from tocsin_store.lines import Line, Seized

CREATED = '{"sid": "CA1", "status": "queued"}'
NOBODY = "http://127.0.0.1:1"


async def test_twilio_is_told_all_it_needs() -> None:
    claimed = a_claim(fence=7)
    async with (
        serving(always(201, CREATED)) as server,
        voice_to(twilio(server.url), voice_ring="PT25S", public_url="https://tocsin.example/") as sender,
    ):
        (outcome,) = await sent(sender, a_batch([claimed], content=a_call()))

    (request,) = server.asked
    head, _, body = request.decode().partition("\r\n\r\n")
    form = parse_qs(body, strict_parsing=True)
    (asks,), (reports,) = form.pop("Url"), form.pop("StatusCallback")
    reference = asks.removeprefix("https://tocsin.example/calls/twilio/answer?r=")
    assert reports == f"https://tocsin.example/callbacks/twilio/calls?r={reference}"
    assert read_callback([b"k" * 32], reference) == (claimed.id, 7)
    assert form == {
        "To": [HOME],
        "From": [CALLER],
        "Timeout": ["25"],
        "TimeLimit": ["180"],
        "MachineDetection": ["DetectMessageEnd"],
        "MachineDetectionTimeout": ["10"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }
    assert head.startswith("POST /2010-04-01/Accounts/AC11111111111111111111111111111111/Calls.json HTTP/1.1")
    assert (outcome.of, outcome.ref, outcome.provider_status) == (OutcomeClass.OK, "CA1", "queued")


async def came_to(
    claims: list[ClaimedDelivery],
    *,
    lines: Lines | None = None,
    budget: int | None = None,
    content: AlertContent | None = None,
) -> tuple[list[Outcome], int]:
    """What calls came to, and how many were made."""
    async with (
        serving(always(201, CREATED)) as server,
        voice_over(lines or Lines(), twilio(server.url)) as sender,
    ):
        outcomes = await sent(sender, replace(a_batch(claims, content=content or a_call()), budget=budget))
    return outcomes, len(server.asked)


@pytest.mark.parametrize(
    ("of", "reason"), [(Seized.OCCUPIED, Reason.LINE_BUSY), (Seized.FULL, Reason.THROTTLED)]
)
async def test_a_line_that_is_not_to_be_had_is_tried_again_later(of: Seized, reason: Reason) -> None:
    busy, free = a_claim(), a_claim(WORK)
    lines = Lines({busy.id: Line(of, timedelta(seconds=20))})

    (first, second), made = await came_to([busy, free], lines=lines)

    assert (first.of, first.reason, first.lasts) == (
        OutcomeClass.OCCUPIED,
        reason,
        timedelta(seconds=20),
    )
    assert (second.of, made) == (OutcomeClass.OK, 1)


async def test_a_household_that_was_called_is_not_called_again() -> None:
    claimed = a_claim()

    (outcome,), made = await came_to([claimed], lines=Lines({claimed.id: Line(Seized.CALLED, timedelta())}))

    assert (outcome.of, outcome.reason, made) == (OutcomeClass.NEEDLESS, Reason.HOUSEHOLD_CALLED, 0)


async def test_no_more_calls_are_made_and_no_more_lines_taken_than_the_budget_has() -> None:
    lines = Lines()
    claims = [a_claim() for _ in range(5)]

    outcomes, made = await came_to(claims, lines=lines, budget=2)

    assert [(outcome.of, outcome.scope) for outcome in outcomes[2:]] == [(OutcomeClass.LATE, Scope.ROUTE)] * 3
    assert (made, lines.asked) == (2, [each.id for each in claims[:2]])


@pytest.mark.parametrize(
    ("to", "content", "of", "reason"),
    [
        ("+33142685300", a_call(), OutcomeClass.PERMANENT, Reason.COUNTRY_REFUSED),
        (HOME, a_call(voice_from=None), OutcomeClass.PAUSE, Reason.SENDER_REFUSED),
        (
            HOME,
            a_call(expires_at=a_call().expires_at - timedelta(days=9)),
            OutcomeClass.LATE,
            Reason.HAND_OVER_LATE,
        ),
    ],
)
async def test_who_may_not_be_called_takes_no_line(
    to: str, content: AlertContent, of: OutcomeClass, reason: Reason
) -> None:
    lines = Lines()

    (outcome,), made = await came_to([a_claim(to)], lines=lines, content=content)

    assert (outcome.of, outcome.reason, made, lines.asked) == (of, reason, 0, [])


async def test_where_the_ledger_does_not_answer_nobody_is_called() -> None:
    (outcome,), made = await came_to([a_claim()], lines=Lines(lost=True))

    assert (outcome.of, outcome.scope, made) == (OutcomeClass.LATE, None, 0)


async def test_with_no_provider_left_no_line_is_taken() -> None:
    holds, lines = HoldList(), Lines()
    holds.hold("twilio", Reason.PROVIDER_SLOW)
    async with voice_over(lines, twilio(NOBODY)) as sender:
        (outcome,) = await sent(sender, a_batch([a_claim()], content=a_call()), holds=holds)

    assert (outcome.of, outcome.scope, lines.asked) == (OutcomeClass.PAUSE, Scope.CHANNEL, [])


async def test_a_line_is_given_back_in_a_providers_name_where_the_last_of_them_was_held_meanwhile() -> None:
    holds = HoldList()
    lines = Lines(meanwhile=lambda: holds.hold("twilio", Reason.PROVIDER_SLOW))
    async with voice_over(lines, twilio(NOBODY)) as sender:
        (outcome,) = await sent(sender, a_batch([a_claim()], content=a_call()), holds=holds)

    assert (outcome.of, outcome.scope, outcome.provider) == (OutcomeClass.PAUSE, Scope.CHANNEL, "twilio")
    assert len(lines.asked) == 1


async def test_what_the_first_account_has_not_begun_goes_through_the_second() -> None:
    async with (
        serving(always(201, CREATED)) as server,
        voice_to(twilio(NOBODY, name="first"), twilio(server.url, name="second")) as sender,
    ):
        outcomes = await sent(sender, a_batch([a_claim() for _ in range(30)], content=a_call()))

    assert {(outcome.of, outcome.provider) for outcome in outcomes} == {(OutcomeClass.OK, "second")}


async def test_twilio_is_asked_for_calls_between_the_two_numbers() -> None:
    page = (
        '{"calls": [{"sid": "CA9", "to": "%s", "from": "%s", "direction": "outbound-api", "status": "%s"}]}'
    )
    found: dict[str, OutcomeClass] = {}
    for status in ("completed", "busy", "failed", "canceled"):
        async with (
            serving(always(200, page % (HOME, CALLER, status))) as server,
            voice_to(twilio(server.url)) as sender,
        ):
            looked = a_batch(
                [a_claim(fence=2, resolve=True)], content=a_call(), begin_by=time.monotonic() + 9
            )
            (settled,) = await sender.find(looked)
            found[status] = settled.outcome.of

    assert b"Calls.json?To=%2B442079460111&From=%2B442079460000&PageSize=50" in server.asked[0]
    assert found == {
        "completed": OutcomeClass.OK,
        "busy": OutcomeClass.OK,
        "failed": OutcomeClass.ABSENT,
        "canceled": OutcomeClass.ABSENT,
    }
