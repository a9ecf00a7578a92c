"""Opaque cursors: what a list gave is what it takes back."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Final
from uuid import UUID

from alert_api.problems import Fault, Problem
from tocsin_store.timeline import Position

_ID: Final = struct.Struct(">B16s")
_POSITION: Final = struct.Struct(">BQI")
_ID_VERSION: Final = 1
_POSITION_VERSION: Final = 2
_LARGEST_XID: Final = (1 << 63) - 1
_LARGEST_ORDINAL: Final = (1 << 31) - 1


def id_cursor(last: UUID) -> str:
    """A place in a list of things with ids."""
    return _text(_ID.pack(_ID_VERSION, last.bytes))


def read_id_cursor(text: str | None) -> UUID | None:
    """The id to go on after; None from the beginning.

    Raises:
        Problem: `cursor`.
    """
    if text is None:
        return None
    version: int
    raw: bytes
    version, raw = _ID.unpack(_raw(_ID, text))
    if version != _ID_VERSION:
        raise _malformed()
    return UUID(bytes=raw)


def position_cursor(position: Position) -> str:
    """A place in the timeline."""
    return _text(_POSITION.pack(_POSITION_VERSION, position.xid, position.ordinal))


def read_position_cursor(text: str | None) -> Position:
    """The position to go on after; the beginning for None.

    Raises:
        Problem: `cursor`.
    """
    if text is None:
        return Position()
    version: int
    xid: int
    ordinal: int
    version, xid, ordinal = _POSITION.unpack(_raw(_POSITION, text))
    if version != _POSITION_VERSION or xid > _LARGEST_XID or ordinal > _LARGEST_ORDINAL:
        raise _malformed()
    return Position(xid, ordinal)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(layout: struct.Struct, text: str) -> bytes:
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        raise _malformed() from None
    if len(raw) != layout.size or _text(raw) != text:
        raise _malformed()
    return raw


def _malformed() -> Problem:
    return Problem("cursor", faults=[Fault("after", "cursor", "Not a cursor of this list.")])
