"""The durable list of the texts that providers took responsibility for: one line a text.

Line of `texts.log`: unix time, provider, the provider's id, the client's reference (`-`: none), the recipient,
segments, unix time at which the request began, and as JSON what else was asked; tabs between. The first line of a log
that was emptied is `#` and the last number given before.
Line of `statuses.log`, which says what became of them: id, unix time, status, code (`-`: none), `final` or `-`. It is
written a little later; what a crash takes from it happens once more.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tocsin_sandbox.mailbox.accept_log import write_all
from tocsin_sandbox.phones.text import NONE, Draft, Provider, Text

FILE_NAME: Final = "texts.log"
STATUSES_NAME: Final = "statuses.log"

_FIELDS: Final = 8
_STATUS_FIELDS: Final = 5


class LinesFile:
    """A file of whole lines: what cannot be written whole is taken back, what a crash cut short is dropped."""

    def __init__(self, path: Path, *, fsync: bool) -> None:
        self._path = path
        self._fsync = fsync
        self._open()

    def lines(self) -> Iterator[str]:
        """Those in the file."""
        with self._path.open("rb") as lines:
            for line in lines:
                yield line.decode().rstrip("\n")

    def write(self, lines: str) -> None:
        """Hand them to the operating system; with fsync, to the disk.

        Raises:
            OSError: They could not be written; nothing is.
        """
        data = lines.encode()
        try:
            write_all(self._file, data)
            if self._fsync:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def restart(self, heading: str) -> None:
        """Put this in place of all lines. Either all of it happens or, with an OSError, nothing."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(heading)
        fresh.chmod(0o600)
        fresh.replace(self._path)
        self.close()
        self._open()

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _open(self) -> None:
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self._size = _whole(self._path)
        os.ftruncate(self._file, self._size)


def line_of(draft: Draft, *, taken_at: float) -> str:
    """Its line of `texts.log`."""
    fields = (
        f"{taken_at:.6f}",
        draft.provider,
        draft.ref,
        draft.reference,
        draft.to,
        str(draft.segments),
        f"{draft.begun:.6f}",
        json.dumps(draft.detail()),
    )
    return "\t".join(fields) + "\n"


def status_line_of(text: Text) -> str:
    """Its line of `statuses.log`."""
    code = NONE if text.code is None else str(text.code)
    return f"{text.ref}\t{text.updated_at:.6f}\t{text.status}\t{code}\t{'final' if text.final else NONE}\n"


def taken_of(line: str) -> tuple[Draft, float] | None:
    """What a line of `texts.log` says, and when it was taken; None for a heading."""
    fields = line.split("\t")
    if len(fields) != _FIELDS:
        return None
    detail: dict[str, Any] = json.loads(fields[7])
    draft = Draft(
        provider=Provider(fields[1]),
        ref=fields[2],
        reference=fields[3],
        to=fields[4],
        segments=int(fields[5]),
        begun=float(fields[6]),
        **detail,
    )
    return draft, float(fields[0])


def statuses_of(lines: Iterator[str]) -> dict[str, Sequence[str]]:
    """The last line of `statuses.log` for each id: unix time, status, code, final."""
    split = (line.split("\t") for line in lines)
    return {fields[0]: fields[1:] for fields in split if len(fields) == _STATUS_FIELDS}


def _whole(path: Path) -> int:
    """The size of the whole lines; a line cut short by a crash was never acknowledged."""
    content = path.read_bytes()
    return content.rfind(b"\n") + 1
