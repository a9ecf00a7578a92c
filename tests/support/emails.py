"""Contents and their finished messages, read back as a mail program would."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

from email_worker.mime import Values, skeleton
from email_worker.render import render
from tocsin_schemas.words import Lane, Purpose, Severity
from tocsin_store.content import AlertContent

VALUES = Values(
    "ada@home.example",
    "m1@bounces.example",
    "Ada",
    "https://alerts.example/u/TOKEN",
    "https://alerts.example/s/TOKEN",
)


def an_alert(
    *, body: Mapping[str, object] | None = None, agency_name: str = "Fire & Rescue", **info: str
) -> AlertContent:
    block = {"language": "en-GB", "headline": "Flood", "description": "The river rises.", **info}
    return AlertContent(
        UUID(int=5),
        agency_name,
        "alerts@fire.example",
        "control@fire.example",
        Lane.URGENT,
        Severity.SEVERE,
        Purpose.PUBLIC_TASK,
        datetime.now(UTC) + timedelta(hours=1),
        body or {"status": "actual", "info": [block]},
    )


def on_the_wire(
    content: AlertContent, *, values: Values = VALUES, eight_bit: bool = True, language: str = "en"
) -> bytes:
    return skeleton(render(content, language=language), content, eight_bit=eight_bit).spliced(values)


def unstuffed(wire: bytes) -> bytes:
    """What the relay stores: RFC 5321, section 4.5.2."""
    assert wire.endswith(b"\r\n.\r\n")
    return re.sub(rb"(?m)^\.", b"", wire.removesuffix(b".\r\n"))


def read(wire: bytes) -> EmailMessage:
    message = message_from_bytes(unstuffed(wire), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, subtype: str) -> str:
    """The text of one of its parts."""
    found = message.get_body((subtype,))
    assert found is not None
    text: str = found.get_content()
    return text.replace("\r\n", "\n")
