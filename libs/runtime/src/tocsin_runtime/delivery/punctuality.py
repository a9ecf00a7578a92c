"""How punctual this process is: how much it can begin in a turn, and how much longer its turns have to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_store.claim import CLAIM_LIMIT

_LEAST_SLACK: Final = 0.04
_MOST_SLACK: Final = 1.0


@dataclass(eq=False, slots=True)
class Punctuality:
    """Learned from every turn of a lane, whoever's: all of them share one machine."""

    most: int = CLAIM_LIMIT
    """Messages of a turn: no more than can be begun in time."""
    slack: float = 0.0
    """Seconds that a turn is longer than it should be: nobody here is punctual enough for less."""

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Longer turns where one was missed; half as many messages where it ended too soon, or cannot be any longer.

        What there was no room or no line for tells nothing.
        """
        late = sum(outcome.of is OutcomeClass.LATE and outcome.scope is None for outcome in outcomes)
        tried = sum(not outcome.of.untried for outcome in outcomes)
        if tried and not late:
            self.most = min(CLAIM_LIMIT, self.most + 1 + self.most // 4)
            self.slack = 0.9 * self.slack if self.slack > _LEAST_SLACK else 0.0
        elif late and not tried and self.slack < _MOST_SLACK:
            self.slack = min(_MOST_SLACK, max(_LEAST_SLACK, 2 * self.slack))
        elif late:
            self.most = max(1, min(self.most, tried + late) // 2)
