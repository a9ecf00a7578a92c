"""Takes calls: recorded first, answered then; and keeps what became of them, word by word."""

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from tocsin_sandbox.calls.call import Asked, Call, Change, Entry, Kind
from tocsin_sandbox.calls.calls_log import (
    FILE_NAME,
    asked_of,
    created_line,
    emptied_line,
    event_line,
    events_of,
    hash_of,
)
from tocsin_sandbox.calls.tally import Tally
from tocsin_sandbox.phones.texts_log import LinesFile

log = logging.getLogger(__name__)


class Calls:
    """All that happened in one turn of the event loop is one write; who asked for a call is told only afterwards.

    At most `keep` calls stay in memory, besides those that are not over. The folder is locked by the mailbox, which is
    opened first.
    """

    def __init__(self, folder: Path, *, keep: int, fsync: bool = False) -> None:
        self._log = LinesFile(folder / FILE_NAME, fsync=fsync)
        self._keep = keep
        self._calls: dict[str, Call] = {}
        self._transcripts: dict[str, list[Entry]] = {}
        self.tally = Tally()
        self._unwritten: list[str] = []
        self._waiting: list[tuple[Asked, asyncio.Future[Call | None]]] = []
        self._restore()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._calls)

    async def take(self, asked: Asked) -> Call | None:
        """Record it within this turn of the loop; None where the disk refused."""
        taken: asyncio.Future[Call | None] = asyncio.get_running_loop().create_future()
        self._write_soon()
        self._waiting.append((asked, taken))
        return await taken

    def get(self, sid: str) -> Call | None:
        """One call, if it is kept."""
        return self._calls.get(sid)

    def newest_first(self) -> Iterator[Call]:
        """All that are kept."""
        return reversed(self._calls.values())

    def unfinished(self) -> list[Call]:
        """Those that are not over, oldest first."""
        return [call for call in self._calls.values() if not call.final]

    def transcript(self, sid: str) -> list[Entry]:
        """What happened in a call, in order."""
        return self._transcripts.get(sid, [])

    def change(self, sid: str, event: str = "", *, by: str = "", **changes: Unpack[Change]) -> Call | None:
        """Change a call that is not over, and record the event where there is one; None where it is over or gone."""
        old = self._calls.get(sid)
        if old is None or old.final:
            return None
        now = time.time()
        new = replace(old, updated_at=now, **changes)
        self._calls[sid] = new
        self.tally.moved(old, new)
        if event:
            self._append(event_line(new, event, at=now, **changes | ({"by": by} if by else {})))
        if new.status != old.status:
            self.note(sid, Kind.STATUS, new.status if new.code is None else f"{new.status} {new.code}")
        return new

    def reported(self, sid: str) -> None:
        """Count a report of its status, also of its last."""
        call = self._calls.get(sid)
        if call is not None:
            self._calls[sid] = replace(call, reports=call.reports + 1)

    def said(self, sid: str, words: str, *, whole: bool) -> None:
        """Record that something was said."""
        self._record(sid, "said", hash=hash_of(words), whole=whole)

    def pressed(self, sid: str, keys: str) -> None:
        """Record which keys were heard."""
        self.note(sid, Kind.KEYS, keys)
        self._record(sid, "keys", keys=keys)

    def warn(self, sid: str, code: int, why: str) -> None:
        """Record that the call met a difficulty; its end will carry the code."""
        self.note(sid, Kind.NOTE, f"{code}: {why}")
        self.change(sid, "warned", code=code)

    def note(self, sid: str, kind: Kind, text: str) -> None:
        """Add a line to its transcript."""
        if sid not in self._calls:
            return
        self._transcripts.setdefault(sid, []).append(Entry(time.time(), kind, text))
        self.tally.lines += 1

    def delete(self) -> None:
        """Forget all calls and counts, on disk too; numbers go on."""
        self.write()
        self._log.restart(emptied_line(self.tally.last_number))
        self._calls.clear()
        self._transcripts.clear()
        self.tally = Tally(before=self.tally.last_number)

    def close(self) -> None:
        """Record what waits and close the file."""
        self.write()
        self._log.close()

    def write(self) -> None:
        """Record what waits, now."""
        waiting, self._waiting = self._waiting, []
        lines, self._unwritten = self._unwritten, []
        if not waiting and not lines:
            return
        now = time.time()
        created = [created_line(asked, at=now) for asked, _ in waiting]
        written = self._written("".join(lines + created))
        for asked, taken in waiting:
            call = self._add(asked, at=now) if written else None
            if not taken.done():
                taken.set_result(call)

    def _written(self, lines: str) -> bool:
        try:
            self._log.write(lines)
        except OSError as error:
            log.error("calls_write_failed errno=%s", error.errno)  # no trace: it may name a number
            return False
        return True

    def _add(self, asked: Asked, *, at: float) -> Call:
        call = Call(number=self.tally.add(asked, at=at), asked=asked, created_at=at, updated_at=at)
        self._calls[call.sid] = call
        self.tally.moved(None, call)
        self.note(call.sid, Kind.STATUS, call.status)
        oldest = next(iter(self._calls.values()))
        if len(self._calls) > self._keep and oldest.final:
            del self._calls[oldest.sid]
            self._transcripts.pop(oldest.sid, None)
        return call

    def _record(self, sid: str, event: str, **details: object) -> None:
        call = self._calls.get(sid)
        if call is not None:
            self._append(event_line(call, event, at=time.time(), **details))

    def _append(self, line: str) -> None:
        self._write_soon()
        self._unwritten.append(line)

    def _write_soon(self) -> None:
        if not self._waiting and not self._unwritten:
            asyncio.get_running_loop().call_soon(self.write)

    def _restore(self) -> None:
        """Read the log: what a provider took it still has when it is back."""
        for event in events_of(self._log.lines()):
            match event["event"]:
                case "emptied":
                    self.tally = Tally(before=event["number"])
                case "created":
                    self._add(asked_of(event), at=event["at"])
                case "answered" | "detected" | "warned" | "ended" | "dialled":
                    self._recall(event)
                case _:
                    pass

    def _recall(self, event: dict[str, Any]) -> None:
        call = self._calls.get(event["sid"])
        if call is None:
            return
        known = {name: value for name, value in event.items() if name in Change.__annotations__}
        new = replace(call, updated_at=event["at"], **known)
        self._calls[call.sid] = new
        self.tally.moved(call, new)
