"""What providers took, by their own ids: until its end is told, it is asked after."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import ReceiptKind
from tocsin_store.pool import Connection

_ENDS: Final = frozenset(
    {ReceiptKind.DELIVERED, ReceiptKind.ACKNOWLEDGED, ReceiptKind.FAILED, ReceiptKind.EXPIRED}
)
_FIRST_POLL: Final = timedelta(minutes=10)
_PAGE: Final = 5_000

# Whatever is told of a message first makes its row: a report may overtake the accept.
NOTE: Final = """
WITH told AS (
    SELECT   provider, ref, delivery_id, fence, min(at) AS at, max(at) FILTER (WHERE ends) AS ended_at
    FROM     unnest($1::text[], $2::text[], $3::uuid[], $4::int[], $5::timestamptz[], $6::boolean[])
             AS t(provider, ref, delivery_id, fence, at, ends)
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4
)
INSERT INTO provider_message AS m (provider, ref, delivery_id, fence, alert_id, agency_id, channel, contact_point_id,
                                   accepted_at, ended_at, poll_at)
SELECT t.provider, t.ref, d.id, t.fence, d.alert_id, a.agency_id, d.channel, d.contact_point_id, t.at, t.ended_at,
       CASE WHEN t.ended_at IS NULL THEN t.at + $7::interval END
FROM   told t
CROSS  JOIN LATERAL (SELECT id, alert_id, channel, contact_point_id FROM delivery WHERE id = t.delivery_id OFFSET 0) d
CROSS  JOIN LATERAL (SELECT agency_id FROM alert WHERE id = d.alert_id OFFSET 0) a
ON CONFLICT (provider, ref) DO UPDATE SET ended_at = excluded.ended_at, poll_at = NULL
WHERE m.ended_at IS NULL AND excluded.ended_at IS NOT NULL
"""


async def note(connection: Connection, receipts: Sequence[Receipt]) -> None:
    """Note what was taken, and what has come to its end; facts without a provider's id say nothing of it.

    Args:
        connection: In the transaction that merges these.
        receipts: Each delivery once.
    """
    told = [receipt for receipt in receipts if receipt.provider and receipt.provider_ref]
    if not told:
        return
    await connection.execute(
        NOTE,
        [receipt.provider for receipt in told],
        [receipt.provider_ref for receipt in told],
        [receipt.delivery_id for receipt in told],
        [receipt.fence for receipt in told],
        [receipt.occurred_at for receipt in told],
        [receipt.kind in _ENDS for receipt in told],
        _FIRST_POLL,
    )
