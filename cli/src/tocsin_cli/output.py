"""What commands print: lines for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def say_json(value: object) -> None:
    """Print one JSON document on one line; ids and times become strings."""
    say(json.dumps(value, default=str, ensure_ascii=False))


def table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows in columns."""
    for line in columns(rows):
        say(line)


def columns(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lay rows out in columns, a line each."""
    every = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    for row in every:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
