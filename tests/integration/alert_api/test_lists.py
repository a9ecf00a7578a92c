"""Alerts, their deliveries and their progress: every row exactly once, also while rows are added."""

from tests.integration.alert_api.conftest import Client
from tests.integration.alert_api.ledger_rows import add_deliveries, every, posted
from tocsin_store.pool import Pool

Body = dict[str, object]


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
    assert answer.at("progress", "version") == 7 + 1


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
