"""Bytes of one client, cut into command lines and message bodies."""

import re
from typing import Final

MAX_COMMAND_LINE: Final = 12_288
"""RFC 4954 section 4: a line of an AUTH exchange may have this many bytes; all others are shorter."""

MAX_BODY_LINE: Final = 1_000
"""RFC 5321 section 4.5.3.1.6, with its CRLF."""

END_OF_BODY: Final = b"\r\n.\r\n"
DOT_LINE: Final = b"\r\n."


class LineTooLongError(Exception):
    """A command line without an end in sight; the connection cannot be trusted any more."""


class BodyTooBigError(Exception):
    """A body has ended that was larger than the bound; none of it was kept."""


class Inflow:
    """Cuts what arrived, in whatever chunks it came.

    Holds at most one body of the bound and what followed it in the same flight.
    """

    __slots__ = ("_at", "_buffer", "_max_body", "_oversize", "_scanned", "_stuffed")

    def __init__(self, *, max_body: int) -> None:
        self._buffer = bytearray()
        self._at = 0
        self._scanned = 0
        self._max_body = max_body
        self._oversize = False
        self._stuffed = False

    def __len__(self) -> int:
        """How many bytes are not yet cut."""
        return len(self._buffer) - self._at

    def append(self, data: bytes) -> None:
        """Add what the socket gave."""
        if self._at:
            del self._buffer[: self._at]
            self._scanned = max(0, self._scanned - self._at)
            self._at = 0
        self._buffer += data

    def clear(self) -> None:
        """Forget everything not yet cut: after STARTTLS nothing sent in clear may count (RFC 3207 section 4.2)."""
        self._buffer.clear()
        self._at = self._scanned = 0

    def take_line(self) -> bytes | None:
        """The next command line without its CRLF; None until it is whole.

        Raises:
            LineTooLongError: More bytes than a line may have, and no end.
        """
        start = self._at
        end = self._buffer.find(b"\r\n", start)
        if end < 0:
            if len(self) > MAX_COMMAND_LINE:
                raise LineTooLongError
            return None
        if end - start > MAX_COMMAND_LINE:
            raise LineTooLongError
        self._at = self._scanned = end + 2
        return bytes(memoryview(self._buffer)[start:end])

    def match(self, shape: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """What begins here, if it has this shape; not cut yet. Let go of the match before the next append."""
        return shape.match(self._buffer, self._at)

    def skip(self, match: re.Match[bytes]) -> None:
        """Cut what was matched."""
        self._at = self._scanned = match.end()

    def take_body(self) -> bytes | None:
        """The body up to its final dot, dots unstuffed, last CRLF included; None until it is whole.

        Raises:
            BodyTooBigError: The body is over, and was larger than the bound.
        """
        start, buffer = self._at, self._buffer
        if not self._oversize and buffer.startswith(b".\r\n", start):
            self._at = self._scanned = start + 3
            return b""
        end = self._end_of_body(start)
        if end < 0:
            self._await_more()
            return None
        self._at = self._scanned = end + len(END_OF_BODY)
        stuffed, self._stuffed = self._stuffed or buffer.startswith(b".", start), False
        if self._oversize or end + 2 - start > self._max_body:
            self._oversize = False
            raise BodyTooBigError
        body = bytes(memoryview(buffer)[start : end + 2])
        return unstuffed(body) if stuffed else body

    def _end_of_body(self, start: int) -> int:
        """Where the end begins, or -1; one search for lines with a leading dot finds it and the stuffed ones."""
        buffer = self._buffer
        at = buffer.find(DOT_LINE, max(start, self._scanned - len(END_OF_BODY) + 1))
        while at >= 0 and not buffer.startswith(END_OF_BODY, at):
            self._stuffed = True
            at = buffer.find(DOT_LINE, at + len(DOT_LINE))
        return at

    def _await_more(self) -> None:
        """Remember how far was looked; shed a body that is too big, but not what may begin its end."""
        self._scanned = len(self._buffer)
        if len(self) > self._max_body + len(END_OF_BODY):
            self._oversize = True
            self._at = len(self._buffer) - len(END_OF_BODY) + 1


def unstuffed(body: bytes) -> bytes:
    """Without the dot that the client added to each line that begins with one (RFC 5321 section 4.5.2)."""
    return body.removeprefix(b".").replace(b"\r\n.", b"\r\n")


def has_long_line(body: bytes) -> bool:
    """Whether some line has more than 998 bytes; looks at few bytes, by hopping from line end to line end."""
    start, size = 0, len(body)
    while size - start > MAX_BODY_LINE:
        end = body.rfind(b"\n", start, start + MAX_BODY_LINE)
        if end < 0:
            return True
        start = end + 1
    return False
