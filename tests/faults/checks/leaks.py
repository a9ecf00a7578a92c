"""I8: nothing personal in Kafka, logs, metrics or error bodies."""

from collections.abc import Iterator

from tests.faults.checks.index import Index
from tests.faults.history import Finding


def findings(index: Index) -> Iterator[Finding]:
    """Every leak that was found."""
    for leak in index.history.leaks:
        yield Finding("I8", f"{leak.what} leaked", leak.where, leak.excerpt)
