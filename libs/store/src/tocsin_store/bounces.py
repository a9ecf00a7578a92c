"""What came back about deliveries: facts for the outbox, of deliveries the ledger knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Lane, Reason, ReceiptKind
from tocsin_store.outbox import keep_receipts
from tocsin_store.pool import Connection, Pool, Row

# Probes of the primary key, whatever the statistics of a fresh ledger say. A row never claimed was never sent.
KNOWN: Final = """
WITH u AS MATERIALIZED (SELECT DISTINCT id FROM unnest($1::uuid[]) AS u(id))
SELECT d.id, d.alert_id, d.alert_version, d.channel, d.fence, a.lane::text
FROM   u
CROSS JOIN LATERAL (SELECT id, alert_id, alert_version, channel, fence FROM delivery
                    WHERE id = u.id AND fence > 0 OFFSET 0) d
CROSS JOIN LATERAL (SELECT lane FROM alert WHERE id = d.alert_id OFFSET 0) a
ORDER  BY d.id
"""


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a report says of the deliveries it came back for. `provider_status` is kind of report and code, no text."""

    kind: ReceiptKind
    reason: Reason | None
    provider: str
    provider_status: str | None
    at: datetime


async def keep_bounce(pool: Pool, bounce: Bounce, *, deliveries: Sequence[UUID]) -> int:
    """Write the receipts of a bounce to the outbox, all or none; committed durably.

    The same bounce again makes receipts of the same natural key, which the merge applies once.

    Returns:
        How many of the deliveries the ledger knows; nothing is written of the others.

    Raises:
        UNAVAILABLE: Nothing is known; the same call again is harmless.
    """
    async with pool.acquire() as connection, connection.transaction():
        rows = await _known(connection, deliveries)
        for row in rows:
            await keep_receipts(connection, [_receipt(bounce, row)])
    return len(rows)


async def ledger_answers(pool: Pool) -> bool:
    """Ask the database whether it is there.

    Raises:
        UNAVAILABLE: It is not.
    """
    return bool(await pool.fetchval("SELECT true"))


async def _known(connection: Connection, deliveries: Sequence[UUID]) -> list[Row]:
    return await connection.fetch(KNOWN, list(deliveries))


def _receipt(bounce: Bounce, row: Row) -> Receipt:
    return Receipt.of(
        row["id"],
        alert=row["alert_id"],
        alert_version=row["alert_version"],
        channel=Channel(row["channel"]),
        fence=row["fence"],
        kind=bounce.kind,
        now=bounce.at,
        reason=bounce.reason,
        provider=bounce.provider,
        provider_status=bounce.provider_status,
        lane=Lane(row["lane"]),
    )
