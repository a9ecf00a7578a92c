"""The next envelope goes behind a body: its message follows on the same connection, or on another, and never twice."""

from collections import Counter
from collections.abc import Callable

import pytest

from email_worker import smtp_pool
from email_worker.smtp_connection import LATE, Envelope, SmtpConnection
from tests.support.batches import a_batch, a_claim
from tests.support.email_channels import channel_to
from tests.support.relays import sent
from tests.support.smtp import Dialogue, OpenGate, relay
from tests.support.smtp_connections import PLAIN, an_envelope, connected, handed_over, of
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason

FLIGHT = ("250 2.1.0 ok", "250 2.1.5 ok", "354 go on")
FIRST, SECOND = an_envelope(1), an_envelope(2)


async def after_the_first(
    connection: SmtpConnection, envelope: Envelope, *, open_: bool = True
) -> Outcome | None:
    """Hand the first over with the second behind it, then this one."""
    await connection.hand_over(FIRST, gate=OpenGate(), begin_by=float("inf"), behind=lambda: SECOND)
    return await connection.hand_over(envelope, gate=OpenGate(open=open_), begin_by=float("inf"))


async def hears_the_second_before_it_answers(dialogue: Dialogue) -> None:
    await dialogue.greet()
    await dialogue.answer(*FLIGHT)
    await dialogue.reader.readuntil(b"\r\n.\r\n")
    for _ in FLIGHT:
        await dialogue.hear()
    for reply in ("250 2.0.0 kept", *FLIGHT):
        dialogue.say(reply)
    await dialogue.body()
    await dialogue.silence()


async def test_the_next_envelope_is_there_before_the_body_is_answered() -> None:
    async with connected(hears_the_second_before_it_answers) as (connection, running):
        outcome = await after_the_first(connection, SECOND)

    assert of(outcome) == (OutcomeClass.OK, None)
    assert running.dialogues[0].heard[4:7] == [line.removesuffix(b"\r\n") for line in (*SECOND[:2], b"DATA")]


@pytest.mark.parametrize(
    ("envelope", "open_", "expected"),
    [(an_envelope(3), True, None), (SECOND, False, LATE)],
    ids=["another message", "a closed gate"],
)
async def test_a_connection_is_of_no_use_where_its_message_does_not_follow(
    envelope: Envelope, *, open_: bool, expected: Outcome | None
) -> None:
    async with connected(hears_the_second_before_it_answers) as (connection, _):
        outcome = await after_the_first(connection, envelope, open_=open_)

        assert (outcome, connection.open) == (expected, False)


async def test_a_message_taken_back_closes_its_connection() -> None:
    async with connected(hears_the_second_before_it_answers) as (connection, _):
        await connection.hand_over(FIRST, gate=OpenGate(), begin_by=float("inf"), behind=lambda: SECOND)
        connection.take_back()

        assert not connection.open


async def test_where_the_relay_closes_after_a_body_the_next_one_was_not_begun() -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.answer(*FLIGHT)
        await dialogue.body()

    async with connected(script) as (connection, _):
        assert await after_the_first(connection, SECOND) is None


async def test_a_refused_one_behind_a_body_leaves_the_next_alone() -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.take()
        await dialogue.answer("250 ok", "550 5.1.1 nobody", "503 5.5.1 no recipients", "250 reset")
        await dialogue.take()

    async with connected(script) as (connection, _):
        refused = await after_the_first(connection, SECOND)
        last = await handed_over(connection, 3)

    assert of(refused) == (OutcomeClass.SUPPRESS, Reason.ADDRESS_UNKNOWN)
    assert of(last) == (OutcomeClass.OK, None)


async def test_without_pipelining_nothing_goes_behind_a_body() -> None:
    asked: list[None] = []
    behind: Callable[[], Envelope | None] = lambda: asked.append(None)  # noqa: E731

    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet(PLAIN)
        await dialogue.take()

    async with connected(script) as (connection, _):
        outcome = await connection.hand_over(FIRST, gate=OpenGate(), begin_by=float("inf"), behind=behind)

    assert (of(outcome), asked) == ((OutcomeClass.OK, None), [])


async def test_whoever_is_behind_a_message_that_takes_long_goes_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp_pool, "FAST_SECONDS", 0.2)
    taken: Counter[bytes] = Counter()
    offered: list[bytes] = []

    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        while True:
            await dialogue.answer(*FLIGHT)
            recipient = dialogue.heard[-2]
            await dialogue.reader.readuntil(b"\r\n.\r\n")
            if b"stuck" in recipient:
                await dialogue.hear()
                offered.append(await dialogue.hear())
                await dialogue.silence()
            taken[recipient] += 1
            dialogue.say("250 2.0.0 kept")

    known = [a_claim(f"m{number:02}@home.example") for number in range(60)]
    stuck = [a_claim("stuck@home.example"), *(a_claim(f"n{number}@home.example") for number in range(200))]
    async with (
        relay(script) as running,
        channel_to(running.port, smtp_connections=4, smtp_timeout=2) as sender,
    ):
        await sent(sender, a_batch(known))
        outcomes = await sent(sender, a_batch(stuck))

    assert [of(outcome) for outcome in outcomes] == [
        (OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST),
        *[(OutcomeClass.OK, None)] * 200,
    ]
    assert set(taken.values()) == {1}
    assert [taken[recipient] for recipient in offered] == [1]
