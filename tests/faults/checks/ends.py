"""When each version of an alert ended for certain: from then on nobody may be handed it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from tests.faults.history import Alert, Answer, Dump

Moments = Mapping[UUID, Sequence[float]]
"""By alert, in order."""


@dataclass(frozen=True, slots=True)
class End:
    """An acknowledged end."""

    at: float
    by: Literal["cancel", "correction", "expiry"]


def acknowledged(answers: Sequence[Answer], act: str) -> Moments:
    """When each act of a kind was answered 202 first; its repetitions are the same act."""
    first: dict[tuple[UUID, UUID, str], float] = {}
    for answer in answers:
        if answer.act == act and answer.status == 202 and answer.alert is not None:
            key = (answer.alert, answer.agency, answer.key)
            first[key] = min(answer.at, first.get(key, answer.at))
    found: dict[UUID, list[float]] = {}
    for (alert, _, _), at in sorted(first.items(), key=lambda pair: pair[1]):
        found.setdefault(alert, []).append(at)
    return found


def version_ends(dump: Dump, *, corrections: Moments, cancels: Moments) -> Mapping[tuple[UUID, int], End]:
    """The first end of every version that has one, by alert and version."""
    found: dict[tuple[UUID, int], End] = {}
    for alert in dump.alerts.values():
        corrected, cancelled = corrections.get(alert.id, ()), cancels.get(alert.id, ())
        last = _without_all_clear(dump, alert, corrections=len(corrected))
        for version in range(1, alert.version + 1):
            ends = [
                *_corrected(corrected, version),
                *(End(at, "cancel") for at in cancelled if version <= last),
                *_expired(alert, version),
            ]
            if ends:
                found[alert.id, version] = min(ends, key=lambda end: end.at)
    return found


def _without_all_clear(dump: Dump, alert: Alert, *, corrections: int) -> int:
    """The last version that a cancel ends: the one that came with it goes on."""
    is_all_clear = alert.version > 1 + corrections and (alert.id, alert.version) in dump.reached_versions
    return alert.version - is_all_clear


def _corrected(corrections: Sequence[float], version: int) -> Iterator[End]:
    """After so many acknowledged corrections there are more versions than that, whatever else was not answered."""
    if len(corrections) >= version:
        yield End(corrections[version - 1], "correction")


def _expired(alert: Alert, version: int) -> Iterator[End]:
    """Of the version in force; what an earlier one's expiry was is not kept."""
    if version == alert.version:
        yield End(alert.expires_at, "expiry")
