"""What the door says, with enhanced status codes (RFC 3463)."""

from collections.abc import Mapping
from typing import Final

ACCEPTED: Final = "250 2.0.0 Taken"
RECIPIENT_OK: Final = "250 2.1.5 Ok"
CANNOT_VERIFY: Final = "252 2.5.2 Nothing is told about addresses"
CLOSING: Final = "421 4.3.2 Closing, try again"
TOO_MANY_CONNECTIONS: Final = "421 4.3.2 Too many connections, try again"
BUSY: Final = "451 4.3.2 Busy, try again"
TRY_AGAIN: Final = "451 4.3.0 Cannot be kept now, try again"
TOO_MANY_RECIPIENTS: Final = "452 4.5.3 Too many recipients"
NO_SUCH_ADDRESS: Final = "550 5.1.1 No such address"
NOT_OURS: Final = "550 5.7.1 Not a domain of this host"
TOO_BIG: Final = "552 5.3.4 Message too big"

INSTEAD_OF: Final[Mapping[str | bytes, str]] = {
    "552 Error: Too much mail data": TOO_BIG,
    "552 Error: message size exceeds fixed maximum message size": TOO_BIG,
    "500 Line too long (see RFC5321 4.5.3.1.6)": TOO_BIG,
}
"""What aiosmtpd says by itself → what we say. A line is too long only where it is as long as a whole message may be."""
