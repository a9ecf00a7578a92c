"""The parts of a message that its sender wrote, as opposed to the message it returns."""

from collections.abc import Iterator
from email.message import Message
from typing import TypeAlias

Mail: TypeAlias = "Message[str, str]"  # the class takes no parameters at run time


def own_parts(mail: Mail) -> Iterator[Mail]:
    """Every part, the whole first, without what is inside a returned message: that may be a report itself."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        yield part
        if part.get_content_maintype() == "multipart":
            waiting.extend(reversed(inner_parts(part)))


def inner_parts(part: Mail) -> list[Mail]:
    """What a part consists of; nothing where it is malformed or a leaf."""
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def field(part: Mail, name: str) -> str:
    """A header's value in one piece, in lower case; empty where there is none. Raw 8-bit bytes are no reason to fail."""
    return str(part.get(name, "")).strip().lower()
