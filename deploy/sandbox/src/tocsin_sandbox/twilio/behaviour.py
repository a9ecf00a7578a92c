"""How the stand-in for Twilio behaves on the whole."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from tocsin_sandbox.phones.behaviour import Behaviour

POOL: Final = "+447700900001"
"""The number a Messaging Service sends from where none is given for it."""


class TwilioBehaviour(Behaviour):
    """And what Twilio alone has.

    `queue_hours`: a sender whose queue is longer is refused (21611). `senders`: those that may send, empty: all.
    `services`: the number each Messaging Service sends from. `obeys_stop`: who texted STOP is refused (21610).
    """

    segments_per_s: Annotated[float, Field(gt=0)] | None = 10
    queue_hours: Annotated[float, Field(gt=0, le=100)] = 10
    price: Annotated[Decimal, Field(ge=0)] = Decimal("0.0463")
    price_unit: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "GBP"
    senders: frozenset[str] = frozenset()
    services: Mapping[str, str] = Field(default_factory=dict)
    obeys_stop: bool = False
