"""Lists: every row exactly once, also while rows are added; cursors that go on."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from alert_api.cursors import position_cursor
from tests.integration.alert_api.conftest import Agency, Answer, Api, Client
from tocsin_schemas.ids import delivery_id
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, ReceiptKind
from tocsin_store.pool import Connection, Pool
from tocsin_store.timeline import Position

Body = dict[str, object]


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


async def test_alerts_are_listed_newest_first(client: Client, alert: Body) -> None:
    ids = [await posted(client, alert) for _ in range(5)]

    listed = await every(client, "/v1/alerts")

    assert [each["id"] for each in listed if isinstance(each, dict)] == [str(each) for each in reversed(ids)]


async def test_an_alert_posted_meanwhile_moves_nothing(client: Client, alert: Body) -> None:
    ids = [await posted(client, alert) for _ in range(4)]
    first = await client.get("/v1/alerts?limit=2")
    await posted(client, alert)

    second = await client.get(f"/v1/alerts?limit=2&after={first.at('next')}")

    assert second.at("items", 0, "id") == str(ids[1])
    assert second.at("next") is None


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


async def test_deliveries_are_listed_each_once(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    other_id = await posted(client, alert)
    async with pool.acquire() as conn:
        ids = await add_deliveries(conn, alert_id, count=5)
        await add_deliveries(conn, other_id, count=3)

    listed = await every(client, f"/v1/alerts/{alert_id}/deliveries")

    assert [each["id"] for each in listed if isinstance(each, dict)] == [str(each) for each in ids]
    assert set(listed[0] if isinstance(listed[0], dict) else ()) == {
        "id",
        "alert_id",
        "alert_version",
        "channel",
        "state",
        "reason",
        "attempts",
        "updated_at",
    }


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


async def test_receipts_are_listed_in_order_as_on_kafka(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    written: list[Receipt] = []
    async with pool.acquire() as conn:
        for count in (3, 2):
            async with conn.transaction():
                written += await add_receipts(conn, alert_id, count=count)
    await shown(client, f"/v1/receipts?alert={alert_id}", count=5)

    listed = await every(client, f"/v1/receipts?alert={alert_id}")

    assert listed == [each.model_dump(mode="json") for each in written]


async def test_a_receipt_is_not_shown_before_an_earlier_transaction_ends(
    client: Client, alert: Body, pool: Pool
) -> None:
    alert_id = await posted(client, alert)
    first = f"/v1/receipts?alert={alert_id}"
    async with pool.acquire() as slow, pool.acquire() as quick, slow.transaction():
        [early] = await add_receipts(slow, alert_id)
        async with quick.transaction():
            [late] = await add_receipts(quick, alert_id)
        meanwhile = await client.get(first)
    afterwards = await shown(client, f"{first}&after={position_cursor(Position())}", count=2)

    assert meanwhile.at("items") == []
    assert [afterwards.at("items", n, "id") for n in (0, 1)] == [str(early.id), str(late.id)]


async def test_the_cursor_goes_on_after_the_end(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        await add_receipts(conn, alert_id)
    end = await shown(client, "/v1/receipts", count=1)
    async with pool.acquire() as conn:
        [new] = await add_receipts(conn, alert_id)

    later = await shown(client, f"/v1/receipts?after={end.at('cursor')}", count=1)

    assert end.at("next") is None
    assert later.at("items") == [new.model_dump(mode="json")]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("channel=email", 1),
        ("state=sent", 1),
        ("state=failed", 0),
        ("alert=01a1fd00-0000-7000-8000-000000000000", 0),
    ],
)
async def test_receipts_are_filtered(client: Client, alert: Body, pool: Pool, query: str, count: int) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        await add_receipts(conn, alert_id)
    await shown(client, "/v1/receipts", count=1)

    answer = await client.get(f"/v1/receipts?{query}")

    assert len(list(str(answer.at("items")).split("'delivery_id'"))) - 1 == count


async def test_another_agencys_receipts_are_not_shown(
    api: Api, client: Client, alert: Body, pool: Pool, other_agency: Agency
) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        await add_receipts(conn, alert_id)
    await shown(client, "/v1/receipts", count=1)

    theirs = await api.client(other_agency.key).get(f"/v1/receipts?alert={alert_id}")

    assert theirs.at("items") == []


async def test_progress_counts_folded_and_unfolded(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        await add_deliveries(conn, alert_id, count=5)
        await conn.executemany(
            "INSERT INTO tally (alert_id, alert_version, channel, state, bucket, n) VALUES ($1, 1, 'email', $2, -1, $3)",
            [(alert_id, "pending", -2), (alert_id, "sent", 2)],
        )
        await conn.execute("INSERT INTO alert_progress VALUES ($1, 7, now())", alert_id)

    answer = await client.get(f"/v1/alerts/{alert_id}")

    assert answer.at("progress", "deliveries") == 5
    assert answer.at("progress", "states") == {"pending": 3, "sent": 2}
    assert answer.at("progress", "channels") == {"email": {"pending": 3, "sent": 2}}
    assert answer.at("progress", "version") == 7


async def test_a_pause_that_the_alert_waits_for_is_shown(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        [waiting, *_] = await add_deliveries(conn, alert_id, count=2)
        await conn.executemany(
            "INSERT INTO pause (channel, route, reason, until) VALUES ('email', $1, 'domain_unreachable', now() + '1 h')",
            [("slow.example",), ("another.example",)],
        )
        await conn.execute(
            """
            INSERT INTO due (delivery_id, alert_id, kind, channel, lane, route, due_at, produce_after)
            VALUES ($1, $2, 'send', 'email', 'urgent', 'slow.example', now(), now())
            """,
            waiting,
            alert_id,
        )

    answer = await client.get(f"/v1/alerts/{alert_id}")

    assert [answer.at("waiting_for", 0, name) for name in ("channel", "route", "why")] == [
        "email",
        "slow.example",
        "domain_unreachable",
    ]
    assert len(str(answer.at("waiting_for")).split("route")) == 2


async def test_an_alert_that_has_not_moved_is_not_modified(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    tag = (await client.get(f"/v1/alerts/{alert_id}")).headers["ETag"]

    same = await client.get(f"/v1/alerts/{alert_id}", **{"If-None-Match": f'"x", {tag}'})
    async with pool.acquire() as conn:
        await add_deliveries(conn, alert_id, count=1)
    moved = await client.get(f"/v1/alerts/{alert_id}", **{"If-None-Match": tag})

    assert (same.status, same.text) == (304, "")
    assert moved.status == 200
