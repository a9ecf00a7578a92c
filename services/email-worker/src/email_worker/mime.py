"""One MIME skeleton per alert and language; values are spliced in as bytes, each with the escape of its place."""

import binascii
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime
from html import escape
from typing import Final, NamedTuple

from email_worker.render import RenderedAlert, Residual
from tocsin_runtime.clock import utc_now
from tocsin_store.content import AlertContent

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_LONGEST_NAME: Final = 100
_LONGEST_ADDRESS: Final = 254  # RFC 5321 section 4.5.3.1.3, less its angle brackets
_LONGEST_PLAIN: Final = 60
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{1,35}")
_PLAIN_ADDRESS: Final = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")  # printable ASCII without angle brackets

Escape = Callable[[str], bytes]


class Values(NamedTuple):
    """What differs per member. A tuple, for one is made for each."""

    to: str
    message_id: str
    name: str
    unsubscribe: str
    seen: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A hole in the skeleton: which value, escaped how, and whether it opens a line (then a dot is doubled)."""

    value: str
    escape: Escape
    opens_line: bool


class Skeleton:
    """A message but for its slots: literals (dot-stuffed) around them, the last one ends with the lone dot."""

    def __init__(self, literals: Sequence[bytes], slots: Sequence[Slot]) -> None:
        self._parts = [b""] * (len(literals) + len(slots))
        self._parts[::2] = literals
        places: dict[Slot, list[int]] = {}
        for number, slot in enumerate(slots):
            places.setdefault(slot, []).append(2 * number + 1)
        self._fills = [
            (Values._fields.index(slot.value), slot.escape, slot.opens_line, tuple(at))
            for slot, at in places.items()
        ]

    def spliced(self, values: Values) -> bytes:
        """Make one member's message, ready for the wire after DATA: a few microseconds. A value is escaped once."""
        cleaned = values if _is_clean(values.name) else values._replace(name=_cleaned(values.name))
        parts = self._parts.copy()
        for number, escape_, opens_line, places in self._fills:
            value = escape_(cleaned[number])
            if opens_line and value.startswith(b"."):
                value = b"." + value
            for place in places:
                parts[place] = value
        return b"".join(parts)


def is_plain_address(address: str) -> bool:
    """Whether an address can stand in an envelope and a header as it is."""
    return len(address) <= _LONGEST_ADDRESS and bool(_PLAIN_ADDRESS.fullmatch(address))


def skeleton(rendered: RenderedAlert, content: AlertContent, *, eight_bit: bool) -> Skeleton:
    """Assemble headers and both parts.

    Args:
        rendered: The alert in one language.
        content: Who sends it.
        eight_bit: Whether the relay takes 8BITMIME; quoted-printable where not.
    """
    encoding = "8bit" if eight_bit else "quoted-printable"
    escapes = (_utf8, _html) if eight_bit else (_printable_value, _printable_html)
    boundary = f"=_{secrets.token_hex(12)}"  # nobody can write it into an alert
    literals: list[bytes] = [_headers(rendered, content, boundary=boundary)]
    slots: list[Slot] = []
    for head, slot in (
        (b"To: <", "to"),
        (b">\r\nMessage-ID: <", "message_id"),
        (b">\r\nList-Unsubscribe: <", "unsubscribe"),
    ):
        literals[-1] += head
        literals.append(b"")
        slots.append(Slot(slot, _utf8, opens_line=False))
    literals[-1] += b">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n"
    for subtype, residual, to_bytes in (
        ("plain", rendered.text, escapes[0]),
        ("html", rendered.html, escapes[1]),
    ):
        literals[-1] += _part_head(subtype, encoding=encoding, boundary=boundary)
        _append(literals, slots, residual, to_bytes=to_bytes, eight_bit=eight_bit)
    literals[-1] += f"--{boundary}--\r\n.\r\n".encode()
    return Skeleton(literals, slots)


def _headers(rendered: RenderedAlert, content: AlertContent, *, boundary: str) -> bytes:
    if not _LANGUAGE.fullmatch(rendered.language):
        raise ValueError("language")
    lines = [
        f"From: {_mailbox(content.agency_name, content.email_from)}",
        *([f"Reply-To: {_mailbox('', content.reply_to)}"] if content.reply_to else []),
        f"Subject: {_unstructured(_CONTROL.sub(' ', rendered.subject))}",
        f"Date: {format_datetime(utc_now())}",
        "Auto-Submitted: auto-generated",
        f"Content-Language: {rendered.language}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _mailbox(name: str, address: str) -> str:
    if not is_plain_address(address):
        raise ValueError("address")
    name = _CONTROL.sub(" ", name)
    if not name:
        return f"<{address}>"
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{quoted if _is_plain(name) else _encoded(name)} <{address}>"


def _unstructured(value: str) -> str:
    return value if _is_plain(value) else _encoded(value)


def _is_plain(value: str) -> bool:
    # What looks like an encoded word is encoded once more: a reader, or the standard library, would decode it,
    # and an encoded line break in it would begin a header of a stranger's choice.
    return value.isascii() and "=?" not in value and len(value) <= _LONGEST_PLAIN


def _encoded(value: str) -> str:
    return Header(value, "utf-8", header_name="Content-Language").encode(linesep="\r\n")


def _part_head(subtype: str, *, encoding: str, boundary: str) -> bytes:
    return (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()


def _append(
    literals: list[bytes], slots: list[Slot], residual: Residual, *, to_bytes: Escape, eight_bit: bool
) -> None:
    """Add a part's literals and slots; where lines are encoded, each slot stands on lines of its own."""
    encode = _utf8 if eight_bit else _printable
    for text, slot in zip(residual.literals, (*residual.slots, None), strict=True):
        literal = encode(text)
        if not eight_bit:
            literal = (
                (b"" if literals[-1].endswith(b"\r\n\r\n") else b"=\r\n") + literal + b"=\r\n" * bool(slot)
            )
        literals[-1] += _stuffed(literal, opens_line=literals[-1].endswith(b"\r\n"))
        if slot is not None:
            slots.append(Slot(slot, to_bytes, opens_line=literals[-1].endswith(b"\r\n")))
            literals.append(b"")


def _is_clean(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and name.isprintable()


def _cleaned(name: str) -> str:
    return _CONTROL.sub(" ", name)[:_LONGEST_NAME]


def _stuffed(literal: bytes, *, opens_line: bool) -> bytes:
    stuffed = literal.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if opens_line and stuffed.startswith(b".") else stuffed


def _utf8(value: str) -> bytes:
    return value.encode()


def _html(value: str) -> bytes:
    return escape(value).encode()


def _printable(value: str) -> bytes:
    encoded = binascii.b2a_qp(value.replace("\r\n", "\n").encode(), istext=True)
    return encoded.replace(b"\n", b"\r\n")


def _printable_value(value: str) -> bytes:
    return _stuffed(_printable(value), opens_line=False)  # encoding has broken it into lines


def _printable_html(value: str) -> bytes:
    return _printable_value(escape(value))
