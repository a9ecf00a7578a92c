"""A message as it came over the wire, and the one header that identifies it."""

from typing import Final, NamedTuple

MAX_MESSAGE_ID: Final = 998

_NAME: Final = b"message-id:"


class Received(NamedTuple):
    """A whole message with its envelope, not yet numbered."""

    sender: bytes
    recipients: tuple[bytes, ...]
    content: bytes
    begun: float
    """Unix time at which its envelope came."""


def message_id_of(content: bytes) -> bytes:
    """The value of the first Message-ID header, brackets included, without white space; empty where there is none."""
    ends = content.find(b"\r\n\r\n")
    head = content[: ends + 2 if ends >= 0 else len(content)]
    lowered = head.lower()
    start = 0 if lowered.startswith(_NAME) else lowered.find(b"\r\n" + _NAME) + 2
    if start == 1:
        return b""
    return _unfolded(head, start + len(_NAME))[:MAX_MESSAGE_ID]


def _unfolded(head: bytes, start: int) -> bytes:
    """A header's value up to the first line end that is not followed by white space."""
    end = head.find(b"\r\n", start)
    while end >= 0 and head[end + 2 : end + 3] in {b" ", b"\t"}:
        end = head.find(b"\r\n", end + 2)
    return b"".join(head[start : end if end >= 0 else len(head)].split())
