"""The list of kept messages: newest first, filtered, in pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from tocsin_sandbox.inbox.parsed import headers_of
from tocsin_sandbox.mailbox.mailbox import Mailbox
from tocsin_sandbox.mailbox.segments import Kept

HEAD_BYTES: Final = 8_192


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. `sender` and `recipients` are the envelope's, `author` is the From header."""

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    author: str
    subject: str
    message_id: str
    size: int

    def mentions(self, words: str) -> bool:
        """Whether someone who looks for this means this message."""
        return words in "\n".join((self.sender, *self.recipients, self.author, self.subject)).lower()


@dataclass(frozen=True, slots=True)
class Search:
    """Parts of the recipient, the subject, or of anything in the row; case is ignored. Empty: all."""

    to: str = ""
    subject: str = ""
    anything: str = ""

    def finds(self, row: Row) -> bool:
        """Whether this row is wanted."""
        return (
            any(self.to.lower() in recipient.lower() for recipient in row.recipients)
            and self.subject.lower() in row.subject.lower()
            and row.mentions(self.anything.lower())
        )


class Listing:
    """Reads the headers of a message when it is first listed, and remembers them while it is kept."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._rows: dict[int, Row] = {}

    def page(self, search: Search, *, before: int | None, limit: int) -> tuple[list[Row], int | None]:
        """Rows older than the number `before`, and the number to go on from where there are more."""
        found = (row for row in self._all(before) if search.finds(row))
        rows = list(islice(found, limit + 1))
        self._forget()
        return rows[:limit], rows[limit - 1].number if len(rows) > limit else None

    def row(self, kept: Kept) -> Row:
        """The line of one message."""
        row = self._rows.get(kept.number)
        if row is None:
            row = self._rows[kept.number] = _row(kept)
        return row

    def _all(self, before: int | None) -> Iterator[Row]:
        for kept in self._mailbox.newest_first():
            if before is None or kept.number < before:
                yield self.row(kept)

    def _forget(self) -> None:
        if len(self._rows) > 2 * self._mailbox.kept + 100:
            self._rows = {
                number: row for number, row in self._rows.items() if self._mailbox.get(number) is not None
            }


def _row(kept: Kept) -> Row:
    headers = headers_of(kept.content(HEAD_BYTES))
    sender = kept.sender.decode("utf-8", "replace")
    return Row(
        number=kept.number,
        received_at=datetime.fromtimestamp(kept.received_at, UTC),
        sender=sender,
        recipients=tuple(recipient.decode("utf-8", "replace") for recipient in kept.recipients),
        author=headers.get("from", sender),
        subject=headers.get("subject", ""),
        message_id=headers.get("message-id", ""),
        size=kept.size,
    )
