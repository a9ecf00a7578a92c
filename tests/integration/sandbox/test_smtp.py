"""Real sockets: a client of the standard library, and raw pipelined bytes."""

import asyncio
import smtplib
import ssl
import subprocess
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk, Start


def an_email() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "p@b.example", "a@b.example", "Verloren in Köln"
    message["Message-ID"] = "<lost@b.example>"
    message.set_content("Erste Zeile\n.Zweite Zeile mit Punkt\n")
    message.add_alternative("<p>Erste Zeile<script>alert(1)</script></p>", subtype="html")
    return message


def send_with_smtplib(port: int) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        return client.send_message(an_email(), to_addrs=["a@b.example", "c@d.example"])


async def test_a_message_of_smtplib_arrives_as_it_was_sent(desk: "Desk") -> None:
    refused = await asyncio.to_thread(send_with_smtplib, desk.sandbox.smtp_port)

    message = await desk.json("/api/messages/1")
    assert refused == {}
    assert message["subject"] == "Verloren in Köln"
    assert message["recipients"] == ["a@b.example", "c@d.example"]
    assert ".Zweite Zeile mit Punkt" in message["text"].splitlines()
    assert "<p>Erste Zeile" in message["html"]
    assert message["message_id"] == "<lost@b.example>"


async def test_many_messages_in_one_flight_are_answered_in_order(desk: "Desk") -> None:
    line = await desk.connect()
    one = b"MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nMessage-ID: <%d@x>\r\n\r\n..\r\n.\r\n"

    line.say(b"".join(one % number for number in range(500)) + b"QUIT\r\n")
    codes = await line.hear(2_001)

    assert codes == ["250", "250", "354", "250"] * 500 + ["221"]
    assert [kept.number for kept in desk.sandbox.mailbox.newest_first()] == list(range(500, 0, -1))
    await line.hang_up()


async def test_a_refused_recipient_does_not_stop_the_others(desk: "Desk") -> None:
    await desk.obey({"phase": "rcpt", "match": "no@*", "action": {"type": "reply", "code": 550}})
    line = await desk.connect()

    line.say(b"MAIL FROM:<>\r\nRCPT TO:<no@b.example>\r\nRCPT TO:<yes@b.example>\r\nDATA\r\nx\r\n.\r\n")

    assert await line.hear(5) == ["250", "550", "250", "354", "250"]
    assert desk.sandbox.mailbox.newest_first()[0].recipients == (b"yes@b.example",)
    await line.hang_up()


async def test_a_connection_that_breaks_before_the_final_dot_leaves_nothing(desk: "Desk") -> None:
    line = await desk.connect()
    line.say(b"MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nhalf of it\r\n")
    await line.hear(3)

    await line.hang_up()

    assert await desk.send() == ["250", "250", "354", "250"]
    assert (await desk.summary())["messages"] == 1


async def test_extensions_can_be_hidden(start: "Start") -> None:
    desk = await start(hidden_extensions=["pipelining"])

    def offered() -> dict[str, str]:
        with smtplib.SMTP("127.0.0.1", desk.sandbox.smtp_port, timeout=10) as client:
            client.ehlo()
            return client.esmtp_features

    assert set(await asyncio.to_thread(offered)) == {"size", "8bitmime", "enhancedstatuscodes"}


async def test_a_silent_client_is_dismissed(start: "Start") -> None:
    desk = await start(idle=0.2)
    line = await desk.connect()

    assert await line.hear(1) == ["421"]
    assert await line.reader.read() == b""
    await line.hang_up()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([*command.split(), "-keyout", key, "-out", cert], check=True, capture_output=True)  # noqa: S603 - our own words
    return cert, key


async def test_starttls_then_a_login(start: "Start", certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    desk = await start(tls_cert=cert, tls_key=key, auth_users={"bell": "rope"})

    def send() -> tuple[bool, bool]:
        with smtplib.SMTP("localhost", desk.sandbox.smtp_port, timeout=10) as client:
            client.ehlo()
            before = client.has_extn("auth")
            client.starttls(context=ssl.create_default_context(cafile=cert))
            client.login("bell", "rope")
            client.send_message(an_email())
            return before, client.has_extn("starttls")

    assert await asyncio.to_thread(send) == (False, False)
    assert (await desk.summary())["messages"] == 1


async def test_what_was_said_before_tls_does_not_count(
    start: "Start", certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    desk = await start(tls_cert=cert, tls_key=key)
    line = await desk.connect()

    line.say(b"STARTTLS\r\nEHLO x\r\nMAIL FROM:<injected@b.example>\r\n")
    assert await line.hear(1) == ["220"]
    await line.upgrade(ssl.create_default_context(cafile=cert))
    line.say(b"MAIL FROM:<>\r\nEHLO x\r\nRCPT TO:<a@b.example>\r\nMAIL FROM:<>\r\n")

    assert await line.hear(4) == ["503", "250", "503", "250"]
    await line.hang_up()
