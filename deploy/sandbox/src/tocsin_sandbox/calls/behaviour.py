"""How calls go on the whole."""

from typing import Annotated

from pydantic import Field

from tocsin_sandbox.phones.behaviour import Manner, Span
from tocsin_sandbox.phones.callee import Callee


class CallsBehaviour(Manner):
    """What holds for all calls.

    `speed`: how many seconds of a call pass in one. `calls_per_s`: dialled for each account, more wait in its queue;
    null: no queue. `creates_per_s`: more requests than that are refused, null: none is. `calls_at_once`: more, queued
    ones included, are refused. `callers`: the numbers that may call, empty: all. `callee`: who picks up where no rule
    says it; `by_hand`: at these numbers somebody at the page.
    """

    speed: Annotated[float, Field(gt=0, le=10_000)] = 1
    calls_per_s: Annotated[float, Field(gt=0)] | None = 1
    creates_per_s: Annotated[int, Field(ge=0)] | None = None
    calls_at_once: Annotated[int, Field(ge=0)] | None = None
    dialled_after_s: Span = Span()
    callers: frozenset[str] = frozenset()
    callee: Callee = Callee()
    by_hand: frozenset[str] = frozenset()
