"""One connection to a relay that a script speaks for."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from email_worker.relay import relays_of
from email_worker.smtp_connection import Envelope, SmtpConnection
from email_worker.smtp_opening import connect
from tests.support.smtp import Dialogue, OpenGate, Relay, Script, relay
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason

PLAIN = ("8BITMIME",)
BOTH = pytest.mark.parametrize(
    "extensions", [("PIPELINING", "8BITMIME"), PLAIN], ids=["pipelined", "one by one"]
)


def an_envelope(number: int = 1) -> Envelope:
    return Envelope(
        b"MAIL FROM:<b@bounces.example>\r\n",
        b"RCPT TO:<member%d@home.example>\r\n" % number,
        b"Subject: %d\r\n\r\nhello\r\n.\r\n" % number,
    )


async def handed_over(connection: SmtpConnection, number: int = 1) -> Outcome | None:
    return await connection.hand_over(an_envelope(number), gate=OpenGate(), begin_by=float("inf"))


@asynccontextmanager
async def connected(script: Script, **values: object) -> AsyncIterator[tuple[SmtpConnection, Relay]]:
    async with relay(script) as running:
        connection = await connect(relays_of(running.settings(**values))[0])
        try:
            yield connection, running
        finally:
            connection.close()


def of(outcome: Outcome | None) -> tuple[OutcomeClass, Reason | None] | None:
    return None if outcome is None else (outcome.of, outcome.reason)


def refuses_first(extensions: Sequence[str]) -> Script:
    """A relay that refuses the first recipient and takes the next message on the same connection."""

    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet(extensions)
        await dialogue.answer("250 ok", "550 5.1.1 nobody")
        if "PIPELINING" in extensions:
            await dialogue.answer("503 5.5.1 no recipients")
        await dialogue.answer("250 reset")
        await dialogue.take()

    return script
