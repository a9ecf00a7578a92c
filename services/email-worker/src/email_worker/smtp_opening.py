"""The way to a relay: aiosmtplib opens the connection (greeting, EHLO, TLS, AUTH); then it is ours."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, cast

import aiosmtplib

from email_worker.relay import Relay
from email_worker.smtp_connection import SmtpConnection
from email_worker.smtp_outcomes import LOST, outcome_of
from email_worker.smtp_table import REST, Phase
from email_worker.smtp_wire import SmtpWire
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Reason

_CODES: Final = range(200, 600)
_REFUSED: Final = Outcome(OutcomeClass.PAUSE, Reason.CONFIGURATION, scope=Scope.CHANNEL, lasts=REST)
"""No certificate that can be trusted, no STARTTLS, no AUTH: nothing that waiting a second would mend."""


class OpeningError(Exception):
    """The relay could not be reached or did not let us in."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


async def connect(relay: Relay) -> SmtpConnection:
    """Open a connection: greeting, EHLO, TLS and AUTH as the settings say; never downgraded to clear text.

    Raises:
        OpeningError: With what became of what was to be sent: always a pause of the relay.
    """
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.tls == "implicit",
        start_tls=False,  # a step of its own below, so that we know what was refused
        local_hostname=relay.hello,
        timeout=relay.envelope_timeout.total_seconds(),
    )
    for phase, step in _steps(client, relay):
        try:
            await step()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise OpeningError(replace(_outcome(phase, error), provider=relay.name)) from error
        except BaseException:
            client.close()
            raise
    transport = cast("asyncio.Transport", client.transport)
    wire = SmtpWire(transport)
    transport.set_protocol(wire)
    return SmtpConnection(
        wire,
        provider=relay.name,
        pipelining=client.supports_extension("pipelining"),
        eight_bit=client.supports_extension("8bitmime"),
        envelope_timeout=relay.envelope_timeout,
        timeout=relay.timeout,
    )


def _steps(client: aiosmtplib.SMTP, relay: Relay) -> list[tuple[Phase, Callable[[], Awaitable[object]]]]:
    steps: list[tuple[Phase, Callable[[], Awaitable[object]]]] = [
        (Phase.GREETING, client.connect),
        (Phase.EHLO, lambda: _greet(client)),
    ]
    if relay.tls == "starttls":
        steps += [(Phase.STARTTLS, client.starttls), (Phase.EHLO, lambda: _greet(client))]
    if relay.username is not None:
        username, password = relay.username, relay.password.get_secret_value() if relay.password else ""
        steps += [(Phase.AUTH, lambda: client.login(username, password))]
    return steps


async def _greet(client: aiosmtplib.SMTP) -> None:
    """Say EHLO; HELO to a relay that knows no better."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


def _outcome(phase: Phase, error: Exception) -> Outcome:
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code in _CODES:
        return outcome_of(phase, code=error.code, text=error.message.partition("\n")[0])
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return _REFUSED
    if isinstance(error, OSError | aiosmtplib.SMTPTimeoutError | aiosmtplib.SMTPResponseException):
        return LOST[phase]  # SMTPServerDisconnected is an OSError; a code that is none is nonsense
    return _REFUSED
