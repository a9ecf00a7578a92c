"""I7, pace: no sender sends more than it may. I9: no text is longer than any may be. I5: what was texted back is there."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from tests.faults.checks.index import Index
from tests.faults.checks.paces import too_fast
from tests.faults.checks.says import of_delivery
from tests.faults.history import Accept, Finding

_MOST_SEGMENTS: Final = 10


def findings(index: Index) -> Iterator[Finding]:
    """Senders that were too fast, texts that were too long, replies that nobody has."""
    by_agency: dict[UUID, list[Accept]] = {}
    for id_, accepts in index.accepts.items():
        row = index.history.dump.deliveries.get(id_)
        alert = None if row is None else index.history.dump.alerts.get(row.alert)
        texts = [accept for accept in accepts if accept.segments]
        if row is not None and alert is not None and texts:
            by_agency.setdefault(alert.agency, []).extend(texts)
            if texts[0].segments > _MOST_SEGMENTS:
                yield of_delivery(row, "text too long", f"{texts[0].segments} segments", invariant="I9")
    for agency, texts in by_agency.items():
        segments = [(text.begun, text.segments) for text in texts]
        per_s = index.history.dump.segments_per_s[agency]
        yield from too_fast(index, agency, segments, per_s=per_s, of="segments")
    yield from _replies(index)


def _replies(index: Index) -> Iterator[Finding]:
    for reply in index.history.replies:
        kept = index.history.dump.inbound.get(reply.ref)
        if kept != reply.meaning:
            says = f"{reply.meaning} was acknowledged, the ledger says {kept or 'nothing'}"
            yield Finding("I5", "reply lost", reply.ref, says, at=reply.at)
