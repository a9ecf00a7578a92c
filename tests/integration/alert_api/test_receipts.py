"""GET /v1/receipts: the timeline in order, nothing skipped, nothing of others."""

import pytest

from alert_api.cursors import position_cursor
from tests.integration.alert_api.conftest import Agency, Api, Client
from tests.integration.alert_api.ledger_rows import add_receipts, every, posted, shown
from tocsin_schemas.messages import Receipt
from tocsin_store.pool import Pool
from tocsin_store.timeline import Position

Body = dict[str, object]


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
