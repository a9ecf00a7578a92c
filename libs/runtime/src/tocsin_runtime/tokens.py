"""Signed tokens: they say what they allow, so that a link works as long as its key, without a look-up."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from tocsin_schemas.words import Channel, Purpose

_MAC_BYTES: Final = 16
_CALLBACK_PARTS: Final = 3
_PURPOSES: Final = tuple(Purpose)
_CHANNELS: Final = tuple(Channel)


class Unsubscribe(NamedTuple):
    """The right to withdraw one consent: RFC 8058, scoped to agency, purpose and channel."""

    member_id: UUID
    agency_id: UUID
    purpose: Purpose
    channel: Channel


def sign_unsubscribe(key: bytes, what: Unsubscribe) -> str:
    """Make the token of an unsubscribe link: 67 URL-safe characters."""
    scope = bytes((_PURPOSES.index(what.purpose), _CHANNELS.index(what.channel)))
    return _sign(key, b"unsubscribe", what.member_id.bytes + what.agency_id.bytes + scope)


def read_unsubscribe(keys: Sequence[bytes], token: str) -> Unsubscribe | None:
    """Tell what the token allows, or None where it was signed with none of our keys."""
    payload = _payload(keys, b"unsubscribe", token)
    if payload is None:
        return None
    return Unsubscribe(
        member_id=UUID(bytes=payload[:16]),
        agency_id=UUID(bytes=payload[16:32]),
        purpose=_PURPOSES[payload[32]],
        channel=_CHANNELS[payload[33]],
    )


def sign_seen(key: bytes, delivery: UUID, *, fence: int) -> str:
    """Make the token of an "I have seen this" link: 48 URL-safe characters. It names one attempt of a delivery."""
    return _sign(key, b"seen", delivery.bytes + fence.to_bytes(4))


def read_seen(keys: Sequence[bytes], token: str) -> tuple[UUID, int] | None:
    """Tell delivery and fence of a token, or None where it was signed with none of our keys."""
    payload = _payload(keys, b"seen", token)
    return None if payload is None else (UUID(bytes=payload[:16]), int.from_bytes(payload[16:]))


def sign_return_path(key: bytes, delivery: UUID) -> str:
    """Make the VERP local part of a delivery's envelope sender, so that its bounces can be trusted."""
    mac = _mac(key, b"bounce" + delivery.bytes)[:8]
    return f"b-{delivery.hex}-{mac.hex()}"


def read_return_path(keys: Sequence[bytes], local_part: str) -> UUID | None:
    """Tell whose bounce this is, or None where it was signed with none of our keys."""
    if (
        not local_part.isascii()
    ):  # what a stranger wrote: neither UUID nor the comparison below is made for it
        return None
    parts = local_part.lower().split("-")
    try:
        delivery = UUID(hex=parts[1])
    except (IndexError, ValueError):
        return None
    given = "-".join(parts)
    ours = any(hmac.compare_digest(sign_return_path(key, delivery), given) for key in keys)
    return delivery if ours else None


def sign_callback(key: bytes, delivery: UUID, *, fence: int) -> str:
    """Make the reference that a provider gives back in every report on this attempt: `DELIVERY.FENCE.MAC`."""
    mac = _mac(key, b"callback" + delivery.bytes + fence.to_bytes(4))[:8]
    return f"{delivery.hex}.{fence}.{mac.hex()}"


def read_callback(keys: Sequence[bytes], reference: str) -> tuple[UUID, int] | None:
    """Tell delivery and fence of a reference, or None where it was signed with none of our keys."""
    parts = reference.split(".")
    if len(parts) != _CALLBACK_PARTS or not reference.isascii() or not parts[1].isdecimal():
        return None
    try:
        delivery, fence = UUID(hex=parts[0]), int(parts[1])
        ours = any(hmac.compare_digest(sign_callback(key, delivery, fence=fence), reference) for key in keys)
    except (ValueError, OverflowError):
        return None
    return (delivery, fence) if ours else None


def _sign(key: bytes, use: bytes, payload: bytes) -> str:
    mac = _mac(key, use + payload)[:_MAC_BYTES]
    return urlsafe_b64encode(payload + mac).rstrip(b"=").decode()


def _mac(key: bytes, message: bytes) -> bytes:
    begun = _begun(key).copy()
    begun.update(message)
    return begun.digest()


@lru_cache(maxsize=8)
def _begun(key: bytes) -> hmac.HMAC:
    """What is the same for every message: it costs more than the rest."""
    return hmac.new(key, digestmod="sha256")


def _payload(keys: Sequence[bytes], use: bytes, token: str) -> bytes | None:
    payloads = (_verified(key, use, token) for key in keys)
    return next((payload for payload in payloads if payload is not None), None)


def _verified(key: bytes, use: bytes, token: str) -> bytes | None:
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Base64Error, ValueError):
        return None
    payload = raw[:-_MAC_BYTES]
    return payload if hmac.compare_digest(_sign(key, use, payload), token) else None
