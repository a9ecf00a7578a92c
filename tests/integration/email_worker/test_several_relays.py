"""Several relays: each delivery has its own, host trouble moves what was not begun, nobody is served by two."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

from tests.support.batches import a_batch, a_claim
from tests.support.email_channels import channel_over, channel_to, obey, recipients, sandboxes, turn
from tests.support.relays import HoldList, sent
from tests.support.smtp import Dialogue, OpenGate, relay
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason

MEMBERS = [a_claim(f"m{number:02}@home.example") for number in range(40)]
EVERYONE = [claim.address for claim in MEMBERS]


async def test_a_delivery_keeps_its_relay_from_one_attempt_to_the_next(tmp_path: Path) -> None:
    async with sandboxes(tmp_path, "a", "b") as (one, two):  # noqa: SIM117 - ports are known inside
        async with channel_over(a=one.smtp_port, b=two.smtp_port) as sender:
            first = await sent(sender, a_batch(MEMBERS))
            second = await sent(sender, a_batch(MEMBERS))

    assert [outcome.provider for outcome in first] == [outcome.provider for outcome in second]
    assert {outcome.provider for outcome in first} == {"a", "b"}


async def test_what_a_relay_in_trouble_has_not_begun_goes_through_the_other(tmp_path: Path) -> None:
    holds = HoldList()
    async with sandboxes(tmp_path, "a", "b") as (one, two):
        async with channel_over(a=one.smtp_port, b=two.smtp_port) as sender:
            await turn(one, down=True)

            outcomes = await sent(sender, a_batch(MEMBERS), holds=holds)

        assert recipients(two) == EVERYONE

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.OK}
    assert holds.held == {"a": (Reason.PROVIDER_UNREACHABLE, None)}


async def test_a_relay_that_is_held_gets_nothing(tmp_path: Path) -> None:
    holds = HoldList({"b": (Reason.OPERATOR, None)})
    async with sandboxes(tmp_path, "a", "b") as (one, two):
        async with channel_over(a=one.smtp_port, b=two.smtp_port) as sender:
            await sent(sender, a_batch(MEMBERS), holds=holds)

        assert recipients(one) == EVERYONE
        assert recipients(two) == []


async def test_with_no_relay_left_the_channel_pauses(tmp_path: Path) -> None:
    holds = HoldList()
    async with sandboxes(tmp_path, "a", "b") as (one, two):  # noqa: SIM117 - ports are known inside
        async with channel_over(a=one.smtp_port, b=two.smtp_port) as sender:
            await turn(one, down=True)
            await turn(two, down=True)
            found_down = await sent(sender, a_batch(MEMBERS), holds=holds)
            known_down = await sent(sender, a_batch(MEMBERS), holds=holds)

    for outcome in (*found_down, *known_down):
        assert (outcome.of, outcome.scope) == (OutcomeClass.PAUSE, Scope.CHANNEL)
        assert outcome.reason is Reason.PROVIDER_UNREACHABLE
    assert set(holds.held) == {"a", "b"}


async def test_what_has_no_time_left_is_late_instead(tmp_path: Path) -> None:
    async with sandboxes(tmp_path, "a", "b") as (one, two):
        async with channel_over(a=one.smtp_port, b=two.smtp_port) as sender:
            await turn(one, down=True)

            outcomes = await sent(sender, a_batch(MEMBERS, begin_by=1.0), gate=OpenGate(open=False))

        assert recipients(one) == recipients(two) == []

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.LATE}


async def test_refused_before_the_body_it_goes_through_the_other(tmp_path: Path) -> None:
    holds = HoldList()
    log_in = {"type": "reply", "code": 530, "enhanced": "5.7.0"}
    async with sandboxes(tmp_path, "a", "b") as (one, two):
        async with channel_over(a=one.smtp_port, b=two.smtp_port) as sender:
            await obey(one, {"phase": "mail", "action": log_in})

            outcomes = await sent(sender, a_batch(MEMBERS), holds=holds)

        assert recipients(two) == EVERYONE

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.OK}
    assert holds.held == {"a": (Reason.CONFIGURATION, timedelta(seconds=30))}


async def test_refused_after_the_body_it_is_not_offered_to_another_in_the_same_breath(tmp_path: Path) -> None:
    holds = HoldList()
    no_dkim = {"type": "reply", "code": 550, "enhanced": "5.7.20"}
    async with sandboxes(tmp_path, "a", "b") as (one, two):
        async with channel_over(a=one.smtp_port, b=two.smtp_port) as sender:
            await obey(one, {"phase": "body", "action": no_dkim})

            outcomes = await sent(sender, a_batch(MEMBERS), holds=holds)

        taken = recipients(two)

    refused = [outcome for outcome in outcomes if outcome.of is not OutcomeClass.OK]
    assert refused
    assert len(taken) == len(MEMBERS) - len(refused)
    for outcome in refused:
        assert (outcome.of, outcome.scope, outcome.provider) == (OutcomeClass.LATE, Scope.CHANNEL, "a")
        assert outcome.reason is Reason.CONFIGURATION
    assert set(holds.held) == {"a"}


async def test_a_probe_asks_the_relay_it_names(tmp_path: Path) -> None:
    async with sandboxes(tmp_path, "a", "b") as (one, two):  # noqa: SIM117 - ports are known inside
        async with channel_over(a=one.smtp_port, b=two.smtp_port) as sender:
            await turn(one, down=True)

            assert sender.providers == ("a", "b")
            assert [await sender.probe(name) for name in ("a", "b", "nobody")] == [False, True, False]


async def test_a_relay_that_takes_no_more_connections_keeps_those_it_has() -> None:
    holds = HoldList()

    async def takes_all(dialogue: Dialogue) -> None:
        await dialogue.greet()
        for _ in MEMBERS:
            await dialogue.take()

    async def is_full(dialogue: Dialogue) -> None:
        dialogue.say("421 4.7.0 too many connections")

    async with relay(takes_all, is_full) as running, channel_over(a=running.port) as sender:
        await sent(sender, a_batch(MEMBERS[:1]), holds=holds)
        outcomes = await sent(sender, a_batch(MEMBERS[1:]), holds=holds)

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.OK}
    assert holds.held == {}


async def test_what_finds_no_connection_before_its_time_is_up_is_late() -> None:
    async def is_busy(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.answer("250 ok", "250 ok", "354 go on")
        await dialogue.silence()

    async def is_full(dialogue: Dialogue) -> None:
        await asyncio.sleep(0.5)  # until the batch's time is up
        dialogue.say("421 4.7.0 too many connections")

    two_domains = [a_claim("m@one.example"), a_claim("m@two.example")]
    async with (
        relay(is_busy, is_full) as running,
        channel_to(running.port, smtp_connections=2, smtp_timeout=1.5) as sender,
    ):
        outcomes = await sent(sender, a_batch(two_domains, begin_by=time.monotonic() + 0.3))

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.AMBIGUOUS, OutcomeClass.LATE}


async def test_turned_away_twice_without_success_between_a_relay_is_left_alone() -> None:
    holds = HoldList()

    async def closes(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.answer("250 ok", "250 ok", "421 4.3.2 busy")

    async with relay(closes) as running, channel_over(a=running.port) as sender:
        (first,) = await sent(sender, a_batch(MEMBERS[:1]), holds=holds)
        after_one = dict(holds.held)
        (second,) = await sent(sender, a_batch(MEMBERS[:1]), holds=holds)

    assert {first.of, second.of} == {OutcomeClass.RETRY_SAFE}
    assert after_one == {}
    assert holds.held == {"a": (Reason.PROVIDER_BUSY, timedelta(seconds=1))}
