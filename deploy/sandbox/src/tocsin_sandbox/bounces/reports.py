"""Writes what mail systems send back, as they write it."""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, make_msgid
from typing import Final

from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.smtp.rules import BounceStyle

_HOST: Final = "mx.sandbox.invalid"
_RETURNED_BYTES: Final = 16_384

_DSN: Final = """\
From: MAILER-DAEMON@{host} (Mail Delivery System)
To: {sender}
Date: {date}
Message-ID: {message_id}
Subject: {subject}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="{boundary}"

This is a MIME-encapsulated message.

--{boundary}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {host}.

<{recipient}>: {text}

--{boundary}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
Arrival-Date: {date}

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {text}

--{boundary}
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

{returned}
--{boundary}--
"""

_QMAIL: Final = """\
From: MAILER-DAEMON@{host}
To: {sender}
Date: {date}
Message-ID: {message_id}
Subject: failure notice

Hi. This is the qmail-send program at {host}.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{recipient}>:
Sorry, no mailbox here by that name. (#{status})

--- Below this line is a copy of the message.

{returned}
"""

_COMPLAINT: Final = """\
From: feedback@{host}
To: {sender}
Date: {date}
Message-ID: {message_id}
Subject: FW: Flood
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
\tboundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=us-ascii

This is an email abuse report for a message that a reader called unwanted.

--{boundary}
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: sandbox/1
Version: 1
Original-Mail-From: <{sender}>
Original-Rcpt-To: <{recipient}>
Arrival-Date: {date}

--{boundary}
Content-Type: text/rfc822-headers

{returned}
--{boundary}--
"""

_TEMPLATES: Final[Mapping[BounceStyle, str]] = {
    BounceStyle.DSN: _DSN,
    BounceStyle.QMAIL: _QMAIL,
    BounceStyle.COMPLAINT: _COMPLAINT,
}
_SUBJECTS: Final = {
    "delivered": "Successful Mail Delivery Report",
    "failed": "Undelivered Mail Returned to Sender",
}
_REPLIES: Final[Mapping[str, Callable[[str], str]]] = {
    "2": lambda status: f"250 {status} delivered",
    "4": lambda status: f"451 {status} gave up after five days",
    "5": lambda status: f"550 {status} refused",
}


def report(received: Received, *, recipient: bytes, style: BounceStyle, status: str) -> bytes:
    """What comes back for one recipient of a message: a whole message, to be sent from nobody to its sender."""
    action = "delivered" if status.startswith("2") else "failed"
    text = _TEMPLATES[style].format(
        host=_HOST,
        sender=received.sender.decode("ascii"),
        recipient=recipient.decode("ascii"),
        date=format_datetime(datetime.now(UTC)),
        message_id=make_msgid(domain=_HOST),
        boundary=secrets.token_hex(12),
        subject=_SUBJECTS[action],
        action=action,
        status=status,
        text=_REPLIES[status[0]](status),
        returned=_headers(received.content),
    )
    return text.replace("\n", "\r\n").encode("latin-1")


def _headers(content: bytes) -> str:
    """The headers of a message, line ends as Python has them; 8-bit bytes stay what they are."""
    head = content[:_RETURNED_BYTES].partition(b"\r\n\r\n")[0]
    return head.replace(b"\r\n", b"\n").decode("latin-1")
