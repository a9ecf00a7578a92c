"""Reconciles the ledger with what arrived: what was sent did, what was not did not, and nothing arrived twice."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tocsin_schemas.words import State

TAKEN: Final = frozenset({State.SENT, State.VOICEMAIL, State.DELIVERED, State.ACKNOWLEDGED})
"""States of what a provider certainly took."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """What providers accepted, Message-IDs or the ids of deliveries, in order, repeated ones repeated."""

    message_ids: tuple[str, ...]

    @property
    def distinct(self) -> frozenset[str]:
        """Each once."""
        return frozenset(self.message_ids)

    @property
    def duplicates(self) -> int:
        """How many came again."""
        return len(self.message_ids) - len(self.distinct)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What differs; nothing where all is well."""

    states: Mapping[State, int]
    inbox: Inbox
    faults: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether ledger and inbox agree."""
        return not self.faults


def reconcile(
    deliveries: Iterable[tuple[str, State]],
    *,
    inbox: Inbox,
    expected: int,
    counted: Mapping[State, int],
    resent: int = 0,
    fails_later: bool = False,
) -> Reconciliation:
    """Compare a finished alert, or its part on one channel, with what arrived.

    Args:
        deliveries: Id and state of every row of the ledger.
        inbox: What arrived; a Message-ID is `<delivery id@domain>`, and a text goes by its delivery's id.
        expected: How many deliveries there must be.
        counted: The states as the API counts them.
        resent: Ambiguous attempts that were made again: so many duplicates are lawful.
        fails_later: Whether what was taken may be failed by now, as a text is that no phone got.
    """
    rows = dict(deliveries)
    states = Counter(rows.values())
    arrived = {message_id.strip("<>").partition("@")[0] for message_id in inbox.distinct}
    sent = {delivery for delivery, state in rows.items() if state in TAKEN}
    doubtful = {State.UNKNOWN, State.FAILED} if fails_later else {State.UNKNOWN}
    perhaps = {delivery for delivery, state in rows.items() if state in doubtful}
    checks = {
        f"{expected} deliveries were expected, the ledger has {len(rows)}": len(rows) == expected,
        f"the API counts {sum(counted.values())}, the ledger has {len(rows)}": _same(counted, states),
        "nothing was sent": bool(sent) or not expected,
        f"{len(sent - arrived)} are sent by the ledger and did not arrive": sent <= arrived,
        f"{len(arrived - sent - perhaps)} arrived and are not sent by the ledger": arrived <= sent | perhaps,
        f"{inbox.duplicates} arrived twice, {resent} were sent again": inbox.duplicates <= resent,
    }
    return Reconciliation(states, inbox, tuple(fault for fault, holds in checks.items() if not holds))


def _same(counted: Mapping[State, int], states: Mapping[State, int]) -> bool:
    return {s: n for s, n in counted.items() if n} == {s: n for s, n in states.items() if n}
