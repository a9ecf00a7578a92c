"""The replies of the server, RFC 5321 section 4.2 with the enhanced codes of RFC 3463."""

from typing import Final

OK: Final = b"250 2.0.0 Ok\r\n"
SENDER_OK: Final = b"250 2.1.0 Ok\r\n"
RECIPIENT_OK: Final = b"250 2.1.5 Ok\r\n"
GO_AHEAD: Final = b"354 End data with <CR><LF>.<CR><LF>\r\n"
VERIFY: Final = b"252 2.1.5 Send some mail and see\r\n"
BYE: Final = b"221 2.0.0 Bye\r\n"
READY_FOR_TLS: Final = b"220 2.0.0 Ready to start TLS\r\n"

CLOSING: Final = b"421 4.3.2 Service shutting down\r\n"
TOO_MANY_CONNECTIONS: Final = b"421 4.3.2 Too many connections\r\n"
TOO_MANY_ERRORS: Final = b"421 4.7.0 Too many errors\r\n"
IDLE: Final = b"421 4.4.2 Idle for too long\r\n"
NOT_RECORDED: Final = b"452 4.3.1 Could not be recorded\r\n"
TOO_MANY_RECIPIENTS: Final = b"452 4.5.3 Too many recipients\r\n"

UNKNOWN_COMMAND: Final = b"500 5.5.2 Command not recognised\r\n"
LINE_TOO_LONG: Final = b"500 5.5.2 Line too long\r\n"
BAD_ARGUMENT: Final = b"501 5.5.4 Syntax error in the argument\r\n"
BAD_SENDER: Final = b"501 5.1.7 Syntax error in the sender\r\n"
BAD_RECIPIENT: Final = b"501 5.1.3 Syntax error in the recipient\r\n"
NOT_OFFERED: Final = b"502 5.5.1 Not offered\r\n"
BAD_SEQUENCE: Final = b"503 5.5.1 Bad sequence of commands\r\n"
TLS_REQUIRED: Final = b"530 5.7.0 STARTTLS first\r\n"
AUTH_REQUIRED: Final = b"530 5.7.0 Authentication required\r\n"
MESSAGE_TOO_BIG: Final = b"552 5.3.4 Message too big\r\n"
NEEDS_SMTPUTF8: Final = b"553 5.6.7 Address needs SMTPUTF8, which is not offered\r\n"
NO_RECIPIENTS: Final = b"554 5.5.1 No valid recipients\r\n"
BODY_LINE_TOO_LONG: Final = b"554 5.6.0 A line of the message is longer than 998 bytes\r\n"
UNKNOWN_PARAMETER: Final = b"555 5.5.4 Parameter not recognised\r\n"

AUTH_OK: Final = b"235 2.7.0 Authentication succeeded\r\n"
AUTH_USERNAME: Final = b"334 VXNlcm5hbWU6\r\n"
AUTH_PASSWORD: Final = b"334 UGFzc3dvcmQ6\r\n"
AUTH_EMPTY: Final = b"334 \r\n"
AUTH_CANCELLED: Final = b"501 5.7.0 Authentication cancelled\r\n"
AUTH_MALFORMED: Final = b"501 5.5.2 Not base64 of the expected shape\r\n"
AUTH_REFUSED: Final = b"535 5.7.8 Credentials invalid\r\n"
AUTH_UNKNOWN: Final = b"504 5.5.4 Mechanism not offered\r\n"

FIRST_REFUSAL: Final = ord("4")

GARBAGE: Final = b"\xff\xfe\x00" + b"this is not SMTP " * 60 + b"\r\n"
"""More than the 512 bytes a reply line may have, and no reply code."""


def queued(number: int) -> bytes:
    """The answer to an accepted message; the number is the one of the accept log and of the API."""
    return b"250 2.0.0 Ok: queued as %d\r\n" % number


def reply_code(reply: bytes) -> str:
    """The three digits."""
    return reply[:3].decode("ascii")


def refuses(reply: bytes) -> bool:
    """Whether it is a 4xx or 5xx."""
    return reply[0] >= FIRST_REFUSAL


def is_last(reply: bytes) -> bool:
    """Whether the server closes the connection behind it."""
    return reply is BYE or reply.startswith(b"421")
