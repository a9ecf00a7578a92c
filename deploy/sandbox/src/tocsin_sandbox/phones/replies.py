"""Texts that phones send: handed to the provider that carries them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tocsin_sandbox.phones.kept import Kept
from tocsin_sandbox.phones.rules import RuleBook
from tocsin_sandbox.phones.text import Provider, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a phone sends; `answering` is the newest text it has from there."""

    number: str
    to: str
    body: str
    begun: float
    answering: Text | None


class StandIn(Protocol):
    """A provider, as phones know it."""

    @property
    def rules(self) -> RuleBook:
        """What it does wrong."""

    def hear(self, reply: Reply) -> Text:
        """Take it, and hand it on to the client's webhook where there is one."""

    def resume(self) -> None:
        """Carry on with what a restart left."""

    def clear(self) -> None:
        """Forget what is under way."""


class Replies:
    """Finds who carries a reply."""

    def __init__(self, kept: Kept, *, stand_ins: Mapping[Provider, StandIn]) -> None:
        self._kept = kept
        self._stand_ins = stand_ins

    def send(
        self, number: str, *, to: str, body: str, begun: float, provider: Provider | None = None
    ) -> Text:
        """Send it; where nobody says by whom, by the provider of the text it answers, else by Twilio."""
        answering = self._newest(number, to=to, provider=provider)
        carrier = provider or (Provider.TWILIO if answering is None else answering.draft.provider)
        reply = Reply(number=number, to=to, body=body, begun=begun, answering=answering)
        return self._stand_ins[carrier].hear(reply)

    def _newest(self, number: str, *, to: str, provider: Provider | None) -> Text | None:
        for text in self._kept.of_phone(number):
            draft = text.draft
            if text.inbound or to not in {draft.sender, draft.service}:
                continue
            if provider is None or draft.provider is provider:
                return text
        return None
