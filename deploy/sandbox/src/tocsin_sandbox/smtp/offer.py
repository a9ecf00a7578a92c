"""What the server says of itself, and whom it lets in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import SecretStr

from tocsin_sandbox.smtp import replies

_BODY_TYPES: Final = frozenset({b"BODY=8BITMIME", b"BODY=7BIT"})


@dataclass(frozen=True, slots=True)
class Offer:
    """No users: no AUTH, and everybody may send. `hidden` are EHLO keywords that are understood but not named."""

    name: str = "sandbox.localhost"
    max_message_bytes: int = 10 * 1024 * 1024
    starttls: bool = False
    users: Mapping[str, SecretStr] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    def keywords(self, *, secure: bool) -> tuple[str, ...]:
        """The lines of the EHLO reply behind the name."""
        offered = ["PIPELINING", f"SIZE {self.max_message_bytes}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self.starttls and not secure:
            offered.append("STARTTLS")
        if self.users and (secure or not self.starttls):
            offered.append("AUTH PLAIN LOGIN")
        return tuple(line for line in offered if line.split()[0] not in self.hidden)

    def refusal_of(self, parameters: Sequence[bytes]) -> bytes | None:
        """The answer to the parameters of MAIL, given in upper case, where they will not do."""
        for parameter in parameters:
            if parameter.startswith(b"SIZE=") and parameter[5:].isdigit():
                if int(parameter[5:26]) > self.max_message_bytes:
                    return replies.MESSAGE_TOO_BIG
            elif parameter not in _BODY_TYPES and not (self.users and parameter.startswith(b"AUTH=")):
                return replies.UNKNOWN_PARAMETER
        return None
