"""A message made readable, however broken it is."""

import email
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is neither the text nor the HTML."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """Headers in their order, decoded; the first text and the first HTML part, empty where there is none."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    attachments: tuple[Attachment, ...]


def parsed(content: bytes) -> Parsed:
    """Read a whole message; takes about a millisecond, longer with attachments."""
    message = email.message_from_bytes(content)
    leaves = [part for part in message.walk() if not part.is_multipart()]
    texts = [part for part in leaves if _shown(part, "text/plain")]
    htmls = [part for part in leaves if _shown(part, "text/html")]
    shown = {id(part) for part in (*texts[:1], *htmls[:1])}
    return Parsed(
        headers=tuple((name, readable(str(value))) for name, value in message.items()),
        text=_decoded(texts[0]) if texts else "",
        html=_decoded(htmls[0]) if htmls else "",
        attachments=tuple(_attachments(part for part in leaves if id(part) not in shown)),
    )


def headers_of(head: bytes) -> dict[str, str]:
    """The decoded headers at the beginning of a message, by lower-case name; the first of each name."""
    message = email.message_from_bytes(head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    found: dict[str, str] = {}
    for name, value in message.items():
        found.setdefault(name.lower(), readable(str(value)))
    return found


def readable(value: str) -> str:
    """A header value unfolded and its encoded words decoded; as it came where they are malformed."""
    unfolded = " ".join(value.split())
    if "=?" not in unfolded:
        return unfolded
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, ValueError):
        return unfolded


def _shown(part: Message, content_type: str) -> bool:
    return part.get_content_type() == content_type and part.get_content_disposition() != "attachment"


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _attachments(parts: Iterator[Message]) -> Iterator[Attachment]:
    for part in parts:
        payload = part.get_payload(decode=True)
        size = len(payload) if isinstance(payload, bytes) else 0
        yield Attachment(readable(part.get_filename() or "unnamed"), part.get_content_type(), size)
