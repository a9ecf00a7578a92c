"""The way to a relay: aiosmtplib opens the connection (greeting, EHLO, TLS, AUTH); then it is ours."""

import asyncio
from typing import cast

import aiosmtplib

from email_worker.settings import EmailSettings
from email_worker.smtp_connection import SmtpConnection
from email_worker.smtp_outcomes import LOST, Phase, outcome_of
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason


class OpeningError(Exception):
    """The relay could not be reached or did not let us in."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


async def connect(settings: EmailSettings) -> SmtpConnection:
    """Open a connection: greeting, EHLO, TLS and AUTH as the settings say; never downgraded to clear text.

    Raises:
        OpeningError: With the outcome for what was to be sent.
    """
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_tls == "implicit",
        start_tls=settings.smtp_tls == "starttls",
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        local_hostname=settings.bounce_domain,
        timeout=min(10.0, settings.smtp_timeout.total_seconds()),
    )
    try:
        await client.connect()
        await _greet(client)
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        raise OpeningError(_opening_outcome(error)) from error
    transport = cast("asyncio.Transport", client.transport)
    connection = SmtpConnection(
        transport,
        pipelining=client.supports_extension("pipelining"),
        eight_bit=client.supports_extension("8bitmime"),
        timeout=settings.smtp_timeout,
    )
    transport.set_protocol(connection)
    return connection


async def _greet(client: aiosmtplib.SMTP) -> None:
    """Say EHLO, where TLS or AUTH has not done so already; HELO to a relay that knows no better."""
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


def _opening_outcome(error: Exception) -> Outcome:
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return outcome_of(Phase.AUTH, code=error.code, text=error.message)
        case aiosmtplib.SMTPResponseException():
            return outcome_of(Phase.GREETING, code=error.code, text=error.message)
        case aiosmtplib.SMTPNotSupported():
            return Outcome(OutcomeClass.PAUSE, Reason.CONFIGURATION)
        case _:
            return LOST[Phase.CONNECT]
