"""Checks what an operator gives and what later stands in message headers: nothing there may open a new line."""

import re
from typing import Final

from tocsin_cli.errors import misuse

_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*"
)
_TEXT_SENDER: Final = re.compile(
    r"\+[1-9][0-9]{6,14}|MG[0-9a-f]{32}|(?=[A-Za-z0-9 ]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{0,10}"
)
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SLUG: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LONGEST_ADDRESS: Final = 254
_LONGEST_NAME: Final = 100


def address(value: str, *, option: str) -> str:
    """An email address without a display name.

    Raises:
        CommandError: It is none. The value is not repeated.
    """
    if len(value) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(value):
        raise misuse(f"{option}: not an email address (name@domain, ASCII, no spaces or line breaks).")
    return value


def name(value: str) -> str:
    """A name as residents read it.

    Raises:
        CommandError: It is empty, longer than 100, or has a character that cannot be printed.
    """
    if not value.strip() or len(value) > _LONGEST_NAME or not value.isprintable():
        raise misuse("NAME: 1 to 100 printable characters, no line breaks.")
    return value.strip()


def caller(value: str, *, option: str) -> str:
    """Whom calls come from: a number in E.164.

    Raises:
        CommandError: It is none.
    """
    if not _NUMBER.fullmatch(value):
        raise misuse(f"{option}: a number such as +441134960000.")
    return value


def slug(value: str) -> str:
    """A short name for commands.

    Raises:
        CommandError: It is malformed.
    """
    if not _SLUG.fullmatch(value):
        raise misuse("SLUG: a lower-case letter, then up to 39 lower-case letters, digits and hyphens.")
    return value


def text_sender(value: str, *, option: str) -> str:
    """Whom texts come from: a number in E.164, up to 11 letters and digits, or the id of a provider's messaging service.

    Raises:
        CommandError: It is none of these.
    """
    if not _TEXT_SENDER.fullmatch(value):
        raise misuse(
            f"{option}: a number such as +447700900123, 1 to 11 letters, digits and spaces with a letter among them, "
            "or a messaging service such as MG and 32 hexadecimal digits."
        )
    return value
