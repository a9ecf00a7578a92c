"""The arguments of MAIL and RCPT (RFC 5321 section 4.1.1.2 and 4.1.1.3)."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

MAX_PATH: Final = 256
"""RFC 5321 section 4.5.3.1.3, brackets included."""

_LOCAL: Final = rb"(?:[^\x00-\x20\x7f\"<>@]+|\"[^\x00-\x1f\x7f\"]*\")"
_DOMAIN: Final = rb"[^\x00-\x20\x7f\"<>@]+"
_ADDRESS: Final = _LOCAL + b"@" + _DOMAIN
_PARAMETERS: Final = rb"(?: +([\x20-\xff]+))?"

SENDER: Final = re.compile(rb"(?i:FROM): ?<((?:%b)?)>%b" % (_ADDRESS, _PARAMETERS))
"""May be empty: the null sender of RFC 5321 section 4.5.5."""

RECIPIENT: Final = re.compile(rb"(?i:TO): ?<(%b|(?i:postmaster))>%b" % (_ADDRESS, _PARAMETERS))

_PLAIN: Final = rb"[^\x00-\x20\x7f-\xff\"<>@]{1,120}@[^\x00-\x20\x7f-\xff\"<>@]{1,120}"

ENVELOPE: Final = re.compile(
    rb"MAIL FROM:<(%b)>(?: SIZE=(\d{1,9}))?(?: BODY=8BITMIME)?\r\nRCPT TO:<(%b)>\r\nDATA\r\n"
    % (_PLAIN, _PLAIN)
)
"""A whole envelope as most clients write it in one flight: sender, size, one recipient."""


class Path(NamedTuple):
    """An address of the envelope and the parameters behind it, in upper case."""

    address: bytes
    parameters: Sequence[bytes]


def path_of(argument: bytes, *, shape: re.Pattern[bytes]) -> Path | None:
    """The path of a SENDER or RECIPIENT; None where it is not one."""
    found = shape.fullmatch(argument)
    if found is None:
        return None
    address, parameters = found.groups()
    if len(address) + 2 > MAX_PATH:
        return None
    return Path(address, parameters.upper().split() if parameters else ())
