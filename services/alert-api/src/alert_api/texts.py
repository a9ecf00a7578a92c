"""Texts that people read: any Unicode, but no control characters, and never blank."""

import unicodedata

from pydantic_core import PydanticCustomError


def text(value: str) -> str:
    """Line ends become newlines; a text may have newlines and tabs, no other controls."""
    return _printable(value.replace("\r\n", "\n").replace("\r", "\n"), allowed="\n\t")


def line(value: str) -> str:
    """A line has no control characters at all."""
    return _printable(value, allowed="")


def _printable(value: str, *, allowed: str) -> str:
    if any(_controls(character) and character not in allowed for character in value):
        raise PydanticCustomError(
            "no_control_characters", "Has a control character that is not allowed here."
        )
    if not value.strip():
        raise PydanticCustomError("not_blank", "Must not be empty.")
    return value


def _controls(character: str) -> bool:
    # Zl and Zp end lines like a newline does: no header and no subject may contain one.
    return unicodedata.category(character) in {"Cc", "Zl", "Zp"}
