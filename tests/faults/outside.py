"""What lies outside for one channel: whom it reaches, who takes its messages, who tells what became of them."""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tests.faults.history import Accept, Call
from tests.faults.load.means import Means, Profile
from tocsin_local.layout import Layout
from tocsin_schemas.words import Channel
from tocsin_store.pool import Connection


@dataclass(frozen=True, slots=True)
class Provider:
    """Who takes messages. Channels may share one: theirs are then equal."""

    name: str
    """Of the proxy in front of it; faults of its network begin with it."""
    port: int
    """Where a running stack has it, from the base port."""


def no_calls(_lines: Sequence[bytes]) -> Iterator[Call]:
    """What most channels' ledgers say of calls."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Ledger:
    """The provider's own ledger: what it took responsibility for, a line at a time, only ever appended to."""

    where: Callable[[Layout], Path]
    """The file, while the stack runs; it is there once everything is settled."""
    copy: str
    """The copy's name in the run's folder; no other channel has the same."""
    accepts: Callable[[bytes], Iterator[Accept]]
    """What a line says of this channel; nothing where it speaks of something else. ValueError: it names no delivery."""
    calls: Callable[[Sequence[bytes]], Iterator[Call]] = no_calls
    """What all of its lines say of calls."""


@dataclass(frozen=True, slots=True)
class Outside:
    """All that the harness knows of one channel."""

    channel: Channel
    marks: Sequence[str]
    """Lower case. Every address holds the first and nothing else in a run does: where it is seen, an address has leaked.

    The others are the same in other writings.
    """
    enrol: Callable[[Connection, UUID, Profile], Coroutine[None, None, None]]
    """Give an agency what it needs to send."""
    address: Callable[[int, str], str]
    """From 64 random bits and a destination of the profile: a member's address, which holds the first mark."""
    providers: Sequence[Provider]
    settings: Callable[[Layout, Mapping[str, int]], Mapping[str, str]]
    """What the services are told: at which port of 127.0.0.1 each provider is, by name, and how soon they give it up."""
    ledger: Ledger
    call_back: Callable[[Means], Coroutine[None, None, None]]
    """Tell what became of a share of the accepted messages, and write down what was acknowledged, until the load stops."""
    popular: float = 1.0
    """How often somebody who might choose it does, beside other channels."""
    shared: float = 0.0
    """Share of members who have their household's address, and not one of their own."""
