"""Whom a step of a plan is for: the first for everybody on its channels, later ones for whom none before has reached."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from tests.faults.checks.disturbed import Disturbed
from tests.faults.checks.eligible import Eligible
from tests.faults.checks.index import Index
from tests.faults.checks.left_waiting import PATIENCE
from tests.faults.history import Step
from tocsin_schemas.words import RANK

_NOBODY: Final = Eligible(frozenset(), frozenset())


def meant_for(index: Index, everybody: Eligible, *, of: Sequence[Step], disturbed: Disturbed) -> Eligible:
    """Whom the channels of a step are for.

    Args:
        index: Of the run.
        everybody: The audience of the version, on any channel.
        of: Its fan-outs.
        disturbed: When it may have waited.
    """
    found = _NOBODY
    for step in of:
        found |= _on_its_channel(index, everybody, step, disturbed=disturbed)
    return found


def _on_its_channel(index: Index, everybody: Eligible, step: Step, *, disturbed: Disturbed) -> Eligible:
    here = everybody.on(step.channel, contacts=index.history.dump.contacts)
    if step.wave == 0:
        return here
    if not _has_come(index, step, disturbed=disturbed):
        return Eligible(frozenset(), here.may)
    silent = (who for who in here.must if not _is_reached(index, step, member=who[0]))
    return Eligible(frozenset(silent), here.may)


def _has_come(index: Index, step: Step, *, disturbed: Disturbed) -> bool:
    """Whether its alert went on for so long that it must have begun; nothing is said of those called off or corrected."""
    dump = index.history.dump
    alert = dump.alerts[step.alert]
    if alert.version != step.version or alert.state == "cancelled" or "fan_outs" in dump.left:
        return False
    if alert.expires_at > dump.at:
        return True
    return disturbed.everywhere.longest_gap(step.not_before, alert.expires_at) > PATIENCE


def _is_reached(index: Index, step: Step, *, member: UUID) -> bool:
    """Whether one of a member's deliveries of an earlier step came so far, even if later."""
    rows = index.climbs.get((step.alert, step.version, member), ())
    return any(row.wave < step.wave and RANK[row.state] >= (step.stops_at or 0) for row in rows)
