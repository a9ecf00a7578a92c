"""A relay as the worker knows it: where it is, how to get in, how much of the mail it gets."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from email_worker.settings import EmailSettings, RelaySettings, Tls

_HIGHEST: Final = 2.0**64


@dataclass(frozen=True, slots=True)
class Relay:
    """One relay; `hello` is how we introduce ourselves."""

    name: str
    host: str
    port: int
    tls: Tls
    username: str | None
    password: SecretStr | None
    weight: int
    connections: int
    """Of each lane."""
    hello: str
    envelope_timeout: timedelta
    """For opening a connection, too."""
    timeout: timedelta
    """For the answer to a whole message."""


def relays_of(settings: EmailSettings) -> tuple[Relay, ...]:
    """The relays of `smtp_relays`, or the one that `smtp_host` names."""
    return tuple(
        Relay(
            name=one.name,
            host=one.host,
            port=one.port,
            tls=one.tls,
            username=one.username,
            password=one.password,
            weight=one.weight,
            connections=one.connections or settings.smtp_connections,
            hello=settings.bounce_domain,
            envelope_timeout=settings.smtp_envelope_timeout,
            timeout=settings.smtp_timeout,
        )
        for one in settings.smtp_relays or (_only(settings),)
    )


def _only(settings: EmailSettings) -> RelaySettings:
    return RelaySettings(
        name=settings.smtp_name,
        host=settings.smtp_host or "",
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        username=settings.smtp_username,
        password=settings.smtp_password,
    )


def choose(relays: Sequence[Relay], *, delivery: UUID) -> Relay | None:
    """The relay of this delivery among those that may be used: the same one each time, by weight over many.

    Weighted rendezvous hashing: one that drops out moves nobody but its own, and gets them back. Greylisting wants it
    so: a second attempt from another address is a first one.
    """
    if len(relays) < 2:  # noqa: PLR2004 - nothing to choose
        return relays[0] if relays else None
    return max(relays, key=lambda relay: _score(relay, delivery))


def _score(relay: Relay, delivery: UUID) -> float:
    digest = blake2b(delivery.bytes, digest_size=8, key=relay.name.encode()).digest()
    uniform = (int.from_bytes(digest, "big") + 1) / (_HIGHEST + 1)  # in (0, 1]: its logarithm exists
    return relay.weight / -math.log(uniform) if uniform < 1 else math.inf
