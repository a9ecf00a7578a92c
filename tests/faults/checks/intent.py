"""I4: intent before effect. Every accept has an earlier committed claim of its own."""

from collections.abc import Iterator

from tests.faults.checks.index import Index
from tests.faults.checks.says import of_delivery
from tests.faults.history import Finding


def findings(index: Index) -> Iterator[Finding]:
    """Messages handed over before, or without, a claim."""
    for id_, accepts in index.accepts.items():
        row = index.history.dump.deliveries.get(id_)
        if row is None:
            continue
        for accept in accepts:
            if not index.candidates(accept):
                says = "no claim of it was committed before"
                yield of_delivery(row, "sent without a claim", says, invariant="I4", at=accept.begun)
        if len(accepts) > row.fence:
            says = f"{len(accepts)} accepts, fence {row.fence}"
            yield of_delivery(
                row, "more accepts than claims", says, invariant="I4", at=accepts[row.fence].begun
            )
