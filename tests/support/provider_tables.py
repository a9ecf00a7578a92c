"""Tables of providers, as they are written down: each meaning with the codes that have it."""

from collections.abc import Callable
from itertools import groupby
from typing import Final

from tocsin_providers.row import Row

CODES: Final = range(10_000, 100_000)


def said(row: Row) -> str:
    """One line of what a row means."""
    lasts = f"{row.lasts.total_seconds():.0f}s" if row.lasts else None
    most = f"most {row.most}" if row.most else None
    retries = "after " + ", ".join(f"{wait:.0f}s" for wait in row.retries) if row.retries else None
    return " ".join(filter(None, (row.of, row.reason, row.scope, lasts, most, retries)))


def runs(meaning: Callable[[int], Row], numbers: range) -> dict[str, list[str]]:
    """Each meaning with the numbers that have it; a run of them is one entry."""
    table: dict[str, list[str]] = {}
    for what, group in groupby(numbers, key=lambda number: said(meaning(number))):
        first, *rest = group
        table.setdefault(what, []).append(f"{first}-{rest[-1]}" if rest else str(first))
    return table
