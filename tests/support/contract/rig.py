"""A channel under contract: how it is run against its stand-in, and how that is made to say each thing."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tocsin_runtime.delivery.channel import Channel, Finder, OutcomeClass
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.content import AlertContent


class Bench(Protocol):
    """A channel and its stand-in, running."""

    @property
    def channel(self) -> Channel:
        """It hands over to the stand-in."""

    @property
    def finder(self) -> Finder | None:
        """None where its provider cannot be asked."""

    async def obey(self, rule: Mapping[str, object]) -> None:
        """Have the stand-in follow this rule alone."""

    async def turn(self, *, down: bool) -> None:
        """Have the stand-in answer nobody, or everybody again."""

    def taken(self) -> Sequence[str]:
        """To whom the stand-in took messages, each as often as it did."""


@dataclass(frozen=True)
class Rig:
    """One channel over one provider."""

    name: str
    """Of the provider, too."""
    running: Callable[..., AbstractAsyncContextManager[Bench]]
    """Called with a folder, and settings of the channel."""
    address: str
    claim: Callable[..., ClaimedDelivery]
    """Called with an address."""
    content: Callable[..., AlertContent]
    secrets: Sequence[str]
    """What never shows in logs and outcomes, beside addresses and words."""
    rules: Mapping[OutcomeClass, Mapping[str, object]]
    """What the stand-in does so that a hand-over comes to this."""
    stalls: Mapping[str, object]
    """The stand-in takes a message and never says so."""
    deadline: Mapping[str, object]
    """Settings under which a stand-in that says nothing is waited for a moment only."""
    refuses_us: Callable[[Path], AbstractAsyncContextManager[Bench]]
    """The stand-in, with credentials that it does not know."""
