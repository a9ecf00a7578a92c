"""What the demo reads of the API's answers."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict

from tocsin_schemas.words import Channel, State

_SETTLED_AFTER: Final = frozenset(State) - {State.PENDING, State.UNKNOWN}


class Answer(BaseModel):
    """The rest of an answer is ignored."""

    model_config = ConfigDict(extra="ignore")


class Accepted(Answer):
    """Of `POST /v1/alerts`."""

    id: str


class Delivery(Answer):
    """Of a page of deliveries."""

    id: str
    channel: Channel
    state: State


class Deliveries(Answer):
    """A page."""

    items: list[Delivery]
    next: str | None


class Receipt(Answer):
    """Of a page of receipts; only what it is about matters."""

    channel: Channel


class Receipts(Answer):
    """A page."""

    items: list[Receipt]
    next: str | None


class Price(Answer):
    """What texts cost."""

    amount: str
    currency: str


class Step(Answer):
    """One step of a plan."""

    channels: list[Channel]
    state: str
    deliveries: int


class Counts(Answer):
    """`progress` of an alert."""

    version: int
    deliveries: int
    states: Mapping[State, int]
    channels: Mapping[Channel, Mapping[State, int]]
    segments: int = 0
    cost: Price | None = None
    steps: list[Step] = []

    @property
    def settled(self) -> int:
        """Deliveries whose state is final."""
        return sum(n for state, n in self.states.items() if state in _SETTLED_AFTER)

    @property
    def untold(self) -> int:
        """Texts that a provider took and has not told the end of."""
        return self.channels.get(Channel.SMS, {}).get(State.SENT, 0)


class Alert(Answer):
    """Of `GET /v1/alerts/{id}`."""

    progress: Counts
