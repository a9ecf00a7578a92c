"""One connection to a relay that makes us wait, or turns us away: who is to blame, and for how long we wait."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from email_worker.smtp_outcomes import LOST
from email_worker.smtp_table import Phase
from tests.support.smtp import Dialogue, OpenGate, Relay
from tests.support.smtp_connections import BOTH, PLAIN, an_envelope, connected, handed_over, of, refuses_first
from tocsin_runtime.delivery.channel import OutcomeClass, Scope


@BOTH
async def test_who_stalls_over_a_recipient_is_its_domain(extensions: Sequence[str]) -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet(extensions)
        await dialogue.answer("250 ok")
        await dialogue.silence()

    async with connected(script, smtp_envelope_timeout=0.3) as (connection, _):
        outcome = await handed_over(connection)

    assert outcome == replace(LOST[Phase.RCPT], provider="relay")


@BOTH
async def test_a_refusal_that_came_before_the_connection_went_counts(extensions: Sequence[str]) -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet(extensions)
        await dialogue.answer("250 ok", "421 4.4.2 their host is gone")

    async with connected(script) as (connection, _):
        outcome = await handed_over(connection)

    assert outcome is not None
    assert (outcome.of, outcome.scope) == (OutcomeClass.RETRY_SAFE, Scope.ROUTE)
    assert not connection.turned_away


@pytest.mark.parametrize(
    ("replies", "turned_away"),
    [
        (["421 busy"], True),
        (["250 ok", "250 ok", "421 busy"], True),
        (["what?"], True),
        (["250 ok", "421 busy"], False),
        (["450 4.3.0 later"], False),
    ],
)
async def test_who_turns_us_away_is_told_from_who_refuses_a_message(
    replies: Sequence[str], *, turned_away: bool
) -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet(PLAIN)
        await dialogue.answer(*replies)

    async with connected(script) as (connection, _):
        await handed_over(connection)

    assert connection.turned_away is turned_away


async def test_a_whole_message_is_waited_for_longer_than_an_envelope() -> None:
    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.answer("250 ok", "250 ok", "354 go on")
        await dialogue.reader.readuntil(b"\r\n.\r\n")
        await asyncio.sleep(0.6)  # longer than the envelope has, and shorter than the message
        dialogue.say("250 kept")

    async with connected(script, smtp_envelope_timeout=0.3, smtp_timeout=5) as (connection, _):
        assert of(await handed_over(connection)) == (OutcomeClass.OK, None)


@dataclass(frozen=True)
class Stopwatch(OpenGate):
    """A gate that remembers what the relay had heard when it was asked."""

    relay: Relay = field(default_factory=lambda: Relay(0, []))
    heard: list[list[bytes]] = field(default_factory=list)

    def may_begin(self, begin_by: float) -> bool:
        self.heard.append(list(self.relay.dialogues[0].heard))
        return super().may_begin(begin_by)


@BOTH
async def test_the_gate_is_asked_when_nothing_is_left_to_wait_for(extensions: Sequence[str]) -> None:
    async with connected(refuses_first(extensions)) as (connection, running):
        gate = Stopwatch(relay=running)
        for number in (1, 2):
            await connection.hand_over(an_envelope(number), gate=gate, begin_by=float("inf"))

    last_command = b"DATA" if "PIPELINING" in extensions else b"RSET"
    assert gate.heard[1][-1] == last_command
