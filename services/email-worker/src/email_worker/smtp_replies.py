"""Replies out of bytes: several lines are one reply, known by its first; what is none ends the connection."""

from collections import deque
from typing import Final, NamedTuple

LONGEST_REPLY: Final = 65_536
MOST_LINES: Final = 100
_LEAST: Final = 200
_BEYOND: Final = 600
GO_AHEAD: Final = 354
CLOSING: Final = 421


class NonsenseError(Exception):
    """Not SMTP, or without end."""


class Reply(NamedTuple):
    """A whole reply; the text is its first line's."""

    code: int
    text: str

    @property
    def positive(self) -> bool:
        """2yz (RFC 5321 section 4.2.1)."""
        return 200 <= self.code < 300  # noqa: PLR2004 - the RFC's


class Replies(deque[Reply]):
    """Whole replies, in order; `feed` adds to them."""

    def __init__(self) -> None:
        super().__init__()
        self._rest = b""
        self._first: bytes | None = None
        self._lines = 0

    def feed(self, data: bytes) -> None:
        """Take what came; the last line of a reply has no hyphen after its code.

        Raises:
            NonsenseError: It is no reply, or a longer one than anybody needs.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line)
        if len(self._rest) > LONGEST_REPLY:
            raise NonsenseError

    def _take(self, line: bytes) -> None:
        digits = line[:3]
        if not digits.isdigit() or not _LEAST <= (code := int(digits)) < _BEYOND:
            raise NonsenseError
        if self._first is None and line[3:4] != b"-":
            self.append(Reply(code, line[4:].decode("ascii", "replace").rstrip("\r")))
        else:
            self._take_one_of_several(line, code=code)

    def _take_one_of_several(self, line: bytes, *, code: int) -> None:
        self._lines += 1
        if self._lines > MOST_LINES:
            raise NonsenseError
        self._first = self._first or line
        if line[3:4] != b"-":
            self.append(Reply(code, self._first[4:].decode("ascii", "replace").rstrip("\r")))
            self._first = None
            self._lines = 0
