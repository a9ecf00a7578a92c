"""One connection to a relay that does what relays do, and what they should not."""

from collections.abc import Sequence

import pytest

from email_worker.smtp_connection import LATE
from tests.support.eventually import until
from tests.support.smtp import Dialogue, OpenGate
from tests.support.smtp_connections import BOTH, PLAIN, an_envelope, connected, handed_over, of, refuses_first
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason


@BOTH
async def test_messages_go_one_after_the_other(extensions: Sequence[str]) -> None:
    bodies: list[bytes] = []

    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet(extensions)
        bodies.append(await dialogue.take())
        bodies.append(await dialogue.take())

    async with connected(script) as (connection, _):
        outcomes = [await handed_over(connection, number) for number in (1, 2)]

    assert [of(outcome) for outcome in outcomes] == [(OutcomeClass.OK, None)] * 2
    assert bodies == [an_envelope(number).body for number in (1, 2)]


async def test_the_envelope_goes_in_one_flight() -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        for _ in range(3):
            await dialogue.hear()
        for reply in ("250 ok", "250 ok", "354 go on"):
            dialogue.say(reply)
        await dialogue.body()

    async with connected(script) as (connection, _):
        assert of(await handed_over(connection)) == (OutcomeClass.OK, None)


@BOTH
async def test_a_refused_recipient_leaves_the_next_message_alone(extensions: Sequence[str]) -> None:
    async with connected(refuses_first(extensions)) as (connection, running):
        outcomes = [of(await handed_over(connection, number)) for number in (1, 2)]

    assert outcomes == [(OutcomeClass.SUPPRESS, Reason.ADDRESS_UNKNOWN), (OutcomeClass.OK, None)]
    assert b"RSET" in running.dialogues[0].heard


async def test_a_relay_that_wants_data_for_nobody_gets_an_empty_message() -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.answer("250 ok", "550 5.1.1 nobody", "354 go on", "554 5.5.1 no recipients")
        await dialogue.answer("250 reset")
        await dialogue.take()

    async with connected(script) as (connection, running):
        outcomes = [of(await handed_over(connection, number)) for number in (1, 2)]

    assert outcomes == [(OutcomeClass.SUPPRESS, Reason.ADDRESS_UNKNOWN), (OutcomeClass.OK, None)]
    assert running.dialogues[0].heard[4] == b"."


async def test_a_closed_gate_sends_nothing() -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.hear()

    async with connected(script) as (connection, running):
        late = await connection.hand_over(an_envelope(), gate=OpenGate(open=False), begin_by=float("inf"))
        connection.close()
        await until(lambda: len(running.dialogues[0].heard) > 1)

    assert late == LATE
    assert running.dialogues[0].heard[1:] == [b"QUIT"]


@pytest.mark.parametrize("how", ["drop", "stall", "garbage", "long", "endless"])
async def test_what_goes_wrong_before_the_body_was_certainly_not_taken(how: str) -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.hear()
        await _misbehave(dialogue, how)

    async with connected(script, smtp_timeout=0.3, smtp_envelope_timeout=0.3) as (connection, _):
        outcome = await handed_over(connection)

    assert of(outcome) == (OutcomeClass.RETRY_SAFE, Reason.CONNECTION_LOST)
    assert not connection.open


@pytest.mark.parametrize("how", ["drop", "stall", "garbage", "long", "endless"])
async def test_what_goes_wrong_after_the_final_dot_is_ambiguous(how: str) -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.answer("250 ok", "250 ok", "354 go on")
        await dialogue.reader.readuntil(b"\r\n.\r\n")
        await _misbehave(dialogue, how)

    async with connected(script, smtp_timeout=0.3, smtp_envelope_timeout=0.3) as (connection, _):
        outcome = await handed_over(connection)

    assert of(outcome) == (OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST)
    assert not connection.open


async def _misbehave(dialogue: Dialogue, how: str) -> None:
    match how:
        case "stall":
            await dialogue.silence()
        case "garbage":
            dialogue.say("\x00\x01what?")
            await dialogue.silence()
        case "long":
            dialogue.writer.write(b"250 " + b"x" * 70_000)
            await dialogue.silence()
        case "endless":
            dialogue.writer.write(b"250-more\r\n" * 200)
            await dialogue.silence()


@pytest.mark.parametrize("how", ["421", "drop", "stall"])
async def test_a_kept_open_connection_that_went_stale_has_begun_nothing(how: str) -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.take()
        if how == "421":
            await dialogue.answer("421 4.4.2 bye", "421 4.4.2 bye", "421 4.4.2 bye")
        await dialogue.silence() if how == "stall" else None

    async with connected(script, smtp_timeout=0.5, smtp_envelope_timeout=0.5) as (connection, _):
        first, second = await handed_over(connection, 1), await handed_over(connection, 2)

    assert of(first) == (OutcomeClass.OK, None)
    assert second is None
    assert not connection.open


async def test_a_421_on_a_fresh_connection_is_an_answer() -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet(PLAIN)
        await dialogue.answer("421 4.3.2 busy")

    async with connected(script) as (connection, _):
        outcome = await handed_over(connection)

    assert of(outcome) == (OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY)
    assert not connection.open


async def test_an_answer_nobody_asked_for_ends_a_connection_before_the_next_message() -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.take()
        dialogue.say("250 2.0.0 once more")
        await dialogue.silence()

    async with connected(script) as (connection, running):
        await handed_over(connection, 1)
        await until(lambda: not connection.in_step)
        second = await handed_over(connection, 2)
        heard = list(running.dialogues[0].heard)

    assert second is None
    assert not any(line.startswith(b"MAIL") for line in heard[4:])


async def test_a_reply_of_several_lines_is_one() -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.answer("250-one\r\n250-two\r\n250 three", "250 ok", "354 go on")
        await dialogue.body("451-4.7.1 not now\r\n451 4.7.1 later")

    async with connected(script) as (connection, _):
        outcome = await handed_over(connection)

    assert outcome == Outcome(
        OutcomeClass.RETRY_SAFE,
        Reason.PROVIDER_BUSY,
        "451 4.7.1",
        provider="relay",
        answer="451 4.7.1 not now",
    )
