"""The sandbox's reports are ones that the door understands: what tests of the whole stack rest on."""

import pytest

from mail_door.meanings import Kind, Meaning
from mail_door.reading import meaning_of
from tocsin_sandbox.bounces.reports import report
from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.smtp.rules import BounceStyle
from tocsin_schemas.words import Reason

RECEIVED = Received(
    b"b-1@b.example", (b"ada@homes.example",), "Subject: Fl\u00fct\r\n\r\nx\r\n".encode(), 0.0
)


@pytest.mark.parametrize(
    ("style", "status", "meaning"),
    [
        (BounceStyle.DSN, "5.1.1", Meaning(Kind.FAILED, Reason.ADDRESS_UNKNOWN, "dsn 5.1.1")),
        (BounceStyle.DSN, "4.2.2", Meaning(Kind.FAILED, Reason.MAILBOX_FULL, "dsn 4.2.2")),
        (BounceStyle.DSN, "2.0.0", Meaning(Kind.DELIVERED, None, "dsn 2.0.0")),
        (BounceStyle.QMAIL, "5.1.1", Meaning(Kind.FAILED, Reason.MAILBOX_UNAVAILABLE, "bounce")),
        (BounceStyle.COMPLAINT, "5.1.1", Meaning(Kind.COMPLAINED, Reason.COMPLAINT, "arf abuse")),
    ],
)
def test_each_is_understood(style: BounceStyle, status: str, meaning: Meaning) -> None:
    assert meaning_of(report(RECEIVED, recipient=b"ada@homes.example", style=style, status=status)) == meaning
