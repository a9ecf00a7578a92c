"""How providers do with what they took, as the ledger sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tocsin_schemas.words import Channel
from tocsin_store.pool import Pool

_LOOKED_AT: Final = 1_000
"""Of each provider's messages, at most: the newest that are old enough."""

SILENCE: Final = f"""
SELECT p.provider, count(*) AS taken, count(*) FILTER (WHERE m.ended_at IS NULL) AS silent
FROM   unnest($2::text[]) AS p(provider)
CROSS  JOIN LATERAL (SELECT ended_at FROM provider_message
                     WHERE  provider = p.provider AND channel = $1
                     AND    accepted_at BETWEEN now() - $4::interval AND now() - $3::interval
                     ORDER  BY accepted_at DESC LIMIT {_LOOKED_AT}) m
GROUP  BY p.provider
"""


@dataclass(frozen=True, slots=True)
class Silence:
    """Messages that a provider took in a while, and how many of them have no end yet."""

    provider: str
    taken: int
    silent: int

    @property
    def share(self) -> float:
        """Of those without an end."""
        return self.silent / self.taken if self.taken else 0.0


async def silence(
    pool: Pool, *, channel: Channel, providers: Sequence[str], after: timedelta, until: timedelta
) -> list[Silence]:
    """Count what was taken between `until` and `after` ago; providers that took nothing are left out."""
    rows = await pool.fetch(SILENCE, channel.value, list(providers), after, until)
    return [Silence(row["provider"], row["taken"], row["silent"]) for row in rows]


async def known(pool: Pool, provider: str, refs: Sequence[str]) -> frozenset[str]:
    """Tell which of a provider's ids belong to deliveries already."""
    rows = await pool.fetch(
        "SELECT ref FROM provider_message WHERE provider = $1 AND ref = ANY($2)", provider, list(refs)
    )
    return frozenset(row["ref"] for row in rows)
