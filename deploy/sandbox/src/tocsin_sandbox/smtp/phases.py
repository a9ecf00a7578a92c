"""Where in the dialogue something happens."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """`body` is the final dot; `bounce` comes after the dialogue, for each recipient of what was accepted.

    `other` is only counted: what was refused and is none of the rest.
    """

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    BOUNCE = "bounce"
    OTHER = "other"


_PHASES: Final[Mapping[bytes, Phase]] = {
    b"EHLO": Phase.EHLO,
    b"HELO": Phase.EHLO,
    b"STARTTLS": Phase.STARTTLS,
    b"AUTH": Phase.AUTH,
    b"MAIL": Phase.MAIL,
    b"RCPT": Phase.RCPT,
    b"DATA": Phase.DATA,
}


def phase_of(line: bytes) -> Phase:
    """The phase a command line belongs to."""
    return _PHASES.get(line.partition(b" ")[0].upper(), Phase.OTHER)
