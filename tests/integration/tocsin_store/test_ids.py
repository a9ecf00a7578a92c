"""SQL and Python reach the same ids."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from tocsin_schemas.ids import delivery_id, microseconds, receipt_id
from tocsin_schemas.words import ReceiptKind
from tocsin_store.pool import Pool

ALERT = UUID("01a1fd00-0000-7000-8000-000000000001")
MEMBER = UUID("01a1fd00-0000-7000-8000-000000000002")
POINT = UUID("01a1fd00-0000-7000-8000-000000000003")
WHEN = datetime(2026, 11, 21, 18, 0, 0, 123457, tzinfo=UTC)


async def test_the_vector_of_a_delivery_id_is_the_same_in_both(pool: Pool) -> None:
    expected = UUID("01a1fd00-0000-8cfd-8245-ef22a079b75a")

    in_sql = await pool.fetchval("SELECT delivery_id($1, 1, $2, $3, 0)", ALERT, MEMBER, POINT)

    assert in_sql == expected
    assert delivery_id(ALERT, version=1, member=MEMBER, contact_point=POINT, wave=0) == expected


async def test_delivery_ids_agree_for_random_input(pool: Pool) -> None:
    for wave in range(50):
        alert, member, point = uuid4(), uuid4(), uuid4()

        in_sql = await pool.fetchval("SELECT delivery_id($1, 7, $2, $3, $4)", alert, member, point, wave)

        assert in_sql == delivery_id(alert, version=7, member=member, contact_point=point, wave=wave)


async def test_a_delivery_id_is_worked_out_without_a_call(pool: Pool) -> None:
    plan = await pool.fetch("EXPLAIN (VERBOSE) SELECT delivery_id(id, 1, id, id, 0) FROM member")

    assert not any("delivery_id" in row[0] or "hashed_uuid" in row[0] for row in plan)


async def test_receipt_ids_agree_with_and_without_a_due_time(pool: Pool) -> None:
    for due_at in (None, WHEN):
        in_sql = await pool.fetchval("SELECT receipt_id($1, 3, 'refused', '451 4.7.1', $2)", ALERT, due_at)

        in_python = receipt_id(
            ALERT, fence=3, kind=ReceiptKind.REFUSED, provider_status="451 4.7.1", due_at=due_at
        )
        assert in_sql == in_python


async def test_an_alerts_deliveries_are_a_range_of_ids(pool: Pool) -> None:
    row = await pool.fetchrow("SELECT alert_first($1) AS first, alert_end($1) AS end", ALERT)

    id_ = delivery_id(ALERT, version=1, member=MEMBER, contact_point=POINT, wave=0)
    assert row is not None
    assert row["first"] <= id_ < row["end"]


async def test_microseconds_are_exact(pool: Pool) -> None:
    assert await pool.fetchval("SELECT microseconds($1)", WHEN) == microseconds(WHEN)
