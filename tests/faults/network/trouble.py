"""What may be wrong with a network path; several troubles at once add up."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Trouble:
    """One trouble of a path, until it is healed. Each is itself: two alike are two."""

    delay: float = 0.0
    """Seconds by which each direction is later."""
    refuses: bool = False
    """Whether who connects is reset."""
    holds_to_server: bool = False
    holds_to_client: bool = False
    loses_answers: bool = False
    """Whether what the server says is swallowed."""
    cut_after: int | None = None
    """Bytes to the server after which a connection is cut."""


CALM = Trouble()


def together(troubles: Iterable[Trouble]) -> Trouble:
    """All of them as one: delays add up, the shortest cut counts."""
    several = tuple(troubles)
    if not several:
        return CALM
    return Trouble(
        delay=sum(one.delay for one in several),
        refuses=any(one.refuses for one in several),
        holds_to_server=any(one.holds_to_server for one in several),
        holds_to_client=any(one.holds_to_client for one in several),
        loses_answers=any(one.loses_answers for one in several),
        cut_after=min((one.cut_after for one in several if one.cut_after is not None), default=None),
    )
