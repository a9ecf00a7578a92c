"""How long a reader waits: short while records come, longer once it is quiet."""

from uuid import uuid4

from tests.support.topics import a_topic
from tocsin_runtime.kafka.connecting import connected, disconnect
from tocsin_runtime.kafka.patience import Patience


async def test_where_records_came_it_waits_a_moment_and_longer_once_it_is_quiet(kafka_bootstrap: str) -> None:
    now = 0.0
    topic = await a_topic(kafka_bootstrap)
    consumer = await connected(kafka_bootstrap, group=f"test.{uuid4()}", topic=topic.name)
    assert consumer is not None
    patience = Patience(clock=lambda: now)

    before = patience.wait_ms(consumer)
    patience.stir(consumer)
    now = 4.9
    meanwhile = patience.wait_ms(consumer)
    now = 5.1
    after = patience.wait_ms(consumer)
    await disconnect(consumer, topic=topic.name)

    assert (before, meanwhile, after) == (1_000, 100, 1_000)
