"""Rows as the other services write them, and lists as a client reads them."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

from tests.integration.alert_api.conftest import Answer, Client
from tocsin_schemas.ids import delivery_id
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, ReceiptKind
from tocsin_store.pool import Connection

Body = dict[str, object]


def new_delivery(alert_id: UUID) -> UUID:
    return delivery_id(alert_id, version=1, member=uuid4(), contact_point=uuid4(), wave=0)


async def add_deliveries(conn: Connection, alert_id: UUID, *, count: int) -> list[UUID]:
    """Rows as the fan-out makes them."""
    ids = [new_delivery(alert_id) for _ in range(count)]
    await conn.executemany(
        """
        INSERT INTO delivery (id, alert_id, member_id, contact_point_id, alert_version, channel)
        VALUES               ($1, $2,       $3,        $4,               1,             'email')
        """,
        [(each, alert_id, uuid4(), uuid4()) for each in ids],
    )
    await conn.execute(
        """
        INSERT INTO tally_delta (alert_id, alert_version, channel, state, n) VALUES ($1, 1, 'email', 'pending', $2)
        """,
        alert_id,
        count,
    )
    return sorted(ids)


async def add_receipts(conn: Connection, alert_id: UUID, *, count: int = 1) -> list[Receipt]:
    """Rows as the merge writes them, in the caller's transaction."""
    receipts = [
        Receipt.of(
            new_delivery(alert_id),
            alert=alert_id,
            alert_version=1,
            channel=Channel.EMAIL,
            fence=1,
            kind=ReceiptKind.ACCEPTED,
            now=datetime.now(UTC),
            provider="relay-a",
            provider_status="250 2.0.0",
        )
        for _ in range(count)
    ]
    await conn.executemany(
        """
        INSERT INTO receipt (delivery_id, id, alert_id, occurred_at, recorded_at, xid, ordinal, alert_version, fence,
                             channel, kind, state, provider, provider_status)
        VALUES ($1, $2, $3, $4, $4, pg_current_xact_id()::text::bigint, $5, 1, 1, 'email', 'accepted', 'sent',
                'relay-a', '250 2.0.0')
        """,
        [(r.delivery_id, r.id, alert_id, r.occurred_at, n) for n, r in enumerate(receipts)],
    )
    return receipts


async def shown(client: Client, path: str, *, count: int) -> Answer:
    """The answer once it has that many items: any transaction of the server, in any database, holds receipts back."""
    async with asyncio.timeout(30):
        while True:
            answer = await client.get(path)
            items = answer.at("items")
            if isinstance(items, list) and len(items) >= count:
                return answer
            await asyncio.sleep(0.05)


async def every(client: Client, path: str) -> list[object]:
    """All items, two at a time, by the Link header."""
    items: list[object] = []
    following = f"{path}{'&' if '?' in path else '?'}limit=2"
    while following:
        answer = await client.get(following)
        assert answer.status == 200, answer.text
        page = answer.at("items")
        assert isinstance(page, list)
        items += page
        following = answer.headers.get("Link", "").partition(">")[0].lstrip("<")
        assert (answer.at("next") is not None) == bool(following)
    return items


async def posted(client: Client, alert: Body) -> UUID:
    return UUID(str((await client.post(alert)).at("id")))
