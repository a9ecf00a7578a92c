"""API keys: who calls, and what they may do."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from alert_api.database import Database
from tocsin_store import agencies

_FRESH_SECONDS: Final = 1.0
_MOST_CACHED: Final = 10_000
_ID_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Caller:
    """An agency, through one of its keys."""

    key_id: str
    agency_id: UUID
    scopes: frozenset[str]


class KeyRing:
    """Finds keys, remembering each answer for a second: a revoked key stops within two."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._cached: dict[str, tuple[float, agencies.Key | None]] = {}

    async def caller(self, authorization: str | None) -> Caller | None:
        """Tell who sent this Authorization header; None where it holds no valid key.

        Raises:
            DatabaseDownError: The key is not fresh and cannot be looked up.
        """
        key_id, secret = _parsed(authorization or "")
        key = await self._key(key_id) if key_id else None
        if key is None or key.revoked_at is not None:
            return None
        if not hmac.compare_digest(sha256(secret.encode()).digest(), key.secret_sha256):
            return None
        return Caller(key.id, key.agency_id, key.scopes)

    async def _key(self, key_id: str) -> agencies.Key | None:
        fresh_until, key = self._cached.get(key_id, (0.0, None))
        if self._clock() < fresh_until:
            return key
        if len(self._cached) >= _MOST_CACHED:
            self._cached.clear()
        asked_at = self._clock()
        async with self._database.connection() as conn:
            key = await agencies.find_key(conn, key_id)
        self._cached[key_id] = (asked_at + _FRESH_SECONDS, key)
        return key


def _parsed(authorization: str) -> tuple[str, str]:
    scheme, _, token = authorization.partition(" ")
    prefix, _, rest = token.strip().partition("_")
    key_id, _, secret = rest.partition("_")
    if scheme.lower() != "bearer" or prefix != agencies.KEY_PREFIX or not secret:
        return "", ""
    return (
        (key_id, secret) if key_id.isascii() and key_id.isalnum() and len(key_id) <= _ID_LENGTH else ("", "")
    )
