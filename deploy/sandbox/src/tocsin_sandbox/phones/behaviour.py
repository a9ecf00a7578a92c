"""How a provider behaves on the whole; what it does wrong now and then is in its rules."""

from collections.abc import Mapping
from typing import Annotated, Generic, Self, TypeVar
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field, model_validator

Seconds = Annotated[float, Field(ge=0, le=86_400)]


class Span(BaseModel):
    """From so many seconds to so many, each as likely."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least: Seconds = 0
    most: Seconds = 0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.least > self.most:
            raise ValueError("least is more than most")
        return self

    def drawn(self, lot: str) -> float:
        """What falls to this lot; always the same."""
        return self.least + (self.most - self.least) * crc32(lot.encode()) / 2**32


class Manner(BaseModel):
    """What holds for every door.

    `down`: every request is cut off. `latency_s`: before each answer. `concurrent`: requests at once, more are refused;
    null: any number.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    down: bool = False
    latency_s: Span = Span()
    concurrent: Annotated[int, Field(ge=0)] | None = None
    callback_retries: Annotated[int, Field(ge=0, le=100)] = 0
    callback_retry_s: Seconds = 1


class Behaviour(Manner):
    """And for every provider of texts.

    `sent_after_s`: from the queue's head to the carrier; `delivered_after_s`: from there to the phone.
    `segments_per_s`: for each sender; null: no queue.
    """

    sent_after_s: Span = Span()
    delivered_after_s: Span = Span(least=0.05, most=0.2)
    segments_per_s: Annotated[float, Field(gt=0)] | None = None
    inbound_url: str | None = None
    inbound_retries: Annotated[int, Field(ge=0, le=100)] = 3


MannerT = TypeVar("MannerT", bound=Manner)
BehaviourT = TypeVar("BehaviourT", bound=Behaviour)


class Dial(Generic[MannerT]):
    """The behaviour in force."""

    def __init__(self, behaviour: MannerT) -> None:
        self.now = behaviour

    def turn(self, changes: Mapping[str, object]) -> MannerT:
        """Change these alone.

        Raises:
            ValidationError: They will not do; nothing changes.
        """
        self.now = type(self.now).model_validate({**self.now.model_dump(), **changes})
        return self.now
