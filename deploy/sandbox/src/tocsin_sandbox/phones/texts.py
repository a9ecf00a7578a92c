"""Takes texts in batches: recorded first, answered then; and says what became of them."""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from tocsin_sandbox.phones.kept import Kept
from tocsin_sandbox.phones.tally import Tally
from tocsin_sandbox.phones.text import Draft, Text
from tocsin_sandbox.phones.texts_log import (
    FILE_NAME,
    STATUSES_NAME,
    LinesFile,
    line_of,
    status_line_of,
    statuses_of,
    taken_of,
)

log = logging.getLogger(__name__)

_WRITE_STATUSES_S: Final = 0.1


class Texts:
    """All that arrived in one turn of the event loop is one write; whoever sent it is told only afterwards.

    The folder is locked by the mailbox, which is opened first.
    """

    def __init__(self, folder: Path, *, keep: int, fsync: bool = False) -> None:
        self._log = LinesFile(folder / FILE_NAME, fsync=fsync)
        self._statuses = LinesFile(folder / STATUSES_NAME, fsync=False)
        self.kept = Kept(keep)
        self.tally = Tally()
        self._waiting: list[tuple[Draft, asyncio.Future[Text | None]]] = []
        self._unwritten: list[str] = []
        self._restore()

    async def take(self, draft: Draft) -> Text | None:
        """Record it within this turn of the loop; None where the disk refused."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self.write)
        taken: asyncio.Future[Text | None] = loop.create_future()
        self._waiting.append((draft, taken))
        return await taken

    def receive(self, draft: Draft) -> Text:
        """Keep a text that a phone sent; it is in no log."""
        now = time.time()
        self.tally.inbound += 1
        text = Text(
            number=self.tally.last_number,
            draft=draft,
            inbound=True,
            taken_at=now,
            updated_at=now,
            status=draft.status,
            final=True,
            body=draft.body,
        )
        self.kept.put(text)
        return text

    def move(self, ref: str, *, status: str, code: int | None, final: bool) -> Text | None:
        """Give a text its next status; None where it has its last one or is no longer kept."""
        old = self.kept.get(ref)
        if old is None or old.final:
            return None
        new = replace(old, status=status, code=code, final=final, updated_at=time.time())
        self.kept.put(new)
        self.tally.moved(old, new)
        self._write_soon(status_line_of(new))
        return new

    def redact(self, text: Text) -> Text:
        """Forget its words; the log keeps them."""
        redacted = replace(text, body="", updated_at=time.time())
        self.kept.put(redacted)
        return redacted

    def unfinished(self) -> Iterator[Text]:
        """Those without an end, oldest first."""
        return (text for text in reversed(list(self.kept.newest_first())) if not text.final)

    def delete(self) -> None:
        """Forget all texts and counts, on disk too; numbers go on."""
        self.write()
        self._write_statuses()
        self._log.restart(f"#\t{self.tally.last_number}\n")
        self._statuses.restart("")
        self.kept.clear()
        self.tally = Tally(before=self.tally.last_number)

    def close(self) -> None:
        """Record what waits and close the files."""
        self.write()
        self._write_statuses()
        self._log.close()
        self._statuses.close()

    def write(self) -> None:
        """Record what waits, now."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        now = time.time()
        written = self._written("".join([line_of(draft, taken_at=now) for draft, _ in waiting]))
        for draft, taken in waiting:
            text = self._add(draft, taken_at=now) if written else None
            if not taken.done():
                taken.set_result(text)

    def _written(self, lines: str) -> bool:
        try:
            self._log.write(lines)
        except OSError as error:
            log.error("texts_write_failed errno=%s", error.errno)  # no trace: it may name a number
            return False
        return True

    def _add(self, draft: Draft, *, taken_at: float) -> Text:
        text = Text(
            number=self.tally.add(draft, taken_at=taken_at),
            draft=draft,
            taken_at=taken_at,
            updated_at=taken_at,
            status=draft.status,
            body=draft.body,
        )
        self.kept.put(text)
        self.tally.moved(None, text)
        return text

    def _write_soon(self, line: str) -> None:
        if not self._unwritten:
            asyncio.get_running_loop().call_later(_WRITE_STATUSES_S, self._write_statuses)
        self._unwritten.append(line)

    def _write_statuses(self) -> None:
        if not self._unwritten:
            return
        try:
            self._statuses.write("".join(self._unwritten))
        except OSError as error:
            log.error("statuses_write_failed errno=%s", error.errno)
        self._unwritten.clear()

    def _restore(self) -> None:
        """Read the logs: what a provider took it still has when it is back."""
        statuses = statuses_of(self._statuses.lines())
        for line in self._log.lines():
            taken = taken_of(line)
            if taken is None:
                self.tally = Tally(before=int(line.split("\t")[1]))
                continue
            draft, taken_at = taken
            text = self._add(draft, taken_at=taken_at)
            self._recall(text, statuses)

    def _recall(self, text: Text, statuses: Mapping[str, Sequence[str]]) -> None:
        if (known := statuses.get(text.ref)) is None:
            return
        at, status, code, final = known
        new = replace(
            text,
            status=status,
            code=int(code) if code.isdigit() else None,
            final=final == "final",
            updated_at=float(at),
        )
        self.kept.put(new)
        self.tally.moved(text, new)
