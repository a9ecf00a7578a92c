"""I9: whatever is away, a service waits in place; only a bug ends one."""

from collections.abc import Iterator

from tests.faults.checks.index import Index
from tests.faults.history import Finding


def findings(index: Index) -> Iterator[Finding]:
    """Every service that ended by an error of its own."""
    for crash in index.history.crashes:
        yield Finding("I9", "a service crashed", crash.service, crash.says)
