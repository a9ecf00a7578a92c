"""What Kafka will never take does not hold up the outbox: it goes to dead-letters, with why."""

from uuid import UUID, uuid4

import pytest

from alert_api.settings import ApiSettings
from tests.integration.alert_api.conftest import serving
from tests.integration.alert_api.test_relay import records_of, until
from tests.support.e2e_kafka import everything_on
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import DeadLetter
from tocsin_schemas.topics import ALERTS, DEAD_LETTERS
from tocsin_store.pool import Pool

INSERT = "INSERT INTO outbox (topic, key, event_type, value, receipts) VALUES ($1, $2, 'io.tocsin.test.v1', $3, $4)"
TOO_LARGE = 2_000_000


@pytest.fixture
def with_kafka(settings: ApiSettings, kafka_bootstrap: str) -> ApiSettings:
    return settings.model_copy(update={"kafka_bootstrap_servers": kafka_bootstrap})


async def test_a_record_too_large_goes_aside_and_the_rest_goes_on(
    with_kafka: ApiSettings, pool: Pool
) -> None:
    keys = [uuid4() for _ in range(9)]
    sizes = [TOO_LARGE if number in {2, 7} else 20 for number in range(9)]
    async with pool.acquire() as conn:
        for key, size in zip(keys, sizes, strict=True):
            await conn.execute(INSERT, ALERTS.name, key, b"x" * size, None)

    async with serving(with_kafka):
        await until(lambda: _empty(pool))

    kafka = with_kafka.kafka_bootstrap_servers
    small = {key for key, size in zip(keys, sizes, strict=True) if size < TOO_LARGE}
    assert {UUID(r.key.decode()) for r in await records_of(kafka, ALERTS, keys=set(keys))} == small
    assert await why(kafka, set(keys)) == dict.fromkeys(set(keys) - small, "MessageSizeTooLargeError")


async def test_a_row_of_another_release_goes_aside_whole(with_kafka: ApiSettings, pool: Pool) -> None:
    unknown, unreadable = uuid4(), uuid4()
    async with pool.acquire() as conn:
        await conn.execute(INSERT, "no-such-topic", unknown, b"text", None)
        await conn.execute(INSERT, "receipts", unreadable, None, [{"kind": "of tomorrow"}])

    async with serving(with_kafka):
        await until(lambda: _empty(pool))

    reasons = await why(with_kafka.kafka_bootstrap_servers, {unknown, unreadable})
    assert reasons[unknown] == "unknown topic"
    assert reasons[unreadable].startswith("not a receipt")


async def why(kafka: str, keys: set[UUID]) -> dict[UUID, str]:
    """What the letters with these keys say; others have put theirs there, too."""
    wanted = {str(key).encode(): key for key in keys}
    letters = [one for one in await everything_on(kafka, DEAD_LETTERS) if one.key in wanted]
    return {wanted[one.key]: decode(DeadLetter, dict(one.headers)["dead-letter"]).error for one in letters}


async def _empty(pool: Pool) -> bool:
    return not await pool.fetchval("SELECT count(*) FROM outbox")
