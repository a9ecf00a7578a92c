"""The merged timeline for readers: in order of commit, no late commit is ever skipped (design, section 7)."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, State
from tocsin_store.deliveries import id_range
from tocsin_store.pool import Connection

_ANY: Final = (UUID(int=0), UUID(int=(1 << 128) - 1))


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a reader stands: after the receipt of this transaction and ordinal."""

    xid: int = 0
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """Which receipts; None: all."""

    alert_id: UUID | None = None
    channel: Channel | None = None
    state: State | None = None


async def page(
    conn: Connection, *, agency_id: UUID, after: Position, only: Filter, limit: int
) -> list[tuple[Position, Receipt]]:
    """An agency's receipts after a position; only those no running transaction can still come before."""
    first, last = _ANY if only.alert_id is None else id_range(only.alert_id)
    rows = await conn.fetch(
        """
        SELECT r.*
        FROM   receipt r
        JOIN   alert   a ON a.id = r.alert_id
        WHERE  (r.xid, r.ordinal) > ($2, $3)
        AND    r.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        AND    a.agency_id = $1
        AND    r.delivery_id BETWEEN $4 AND $5
        AND    ($6::uuid           IS NULL OR r.alert_id = $6)
        AND    ($7::text           IS NULL OR r.channel  = $7)
        AND    ($8::delivery_state IS NULL OR r.state    = $8)
        ORDER  BY r.xid, r.ordinal
        LIMIT  $9
        """,
        agency_id,
        after.xid,
        after.ordinal,
        first,
        last,
        only.alert_id,
        only.channel,
        only.state,
        limit,
    )
    return [(Position(row["xid"], row["ordinal"]), Receipt.model_validate(dict(row))) for row in rows]
