"""What goes to Kafka: chunks within the window, what is due, nothing while the channel is on hold."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from dispatcher.closing import Closer
from tests.support.crew import a_queue
from tests.support.topics import values_on
from tests.support.world import (
    Post,
    Resident,
    an_agency,
    emptied,
    fanned_out,
    ids_of,
    posted,
    settled_in,
    tallied,
    waiting,
)
from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import DeliveriesRequested
from tocsin_schemas.topics import deliveries
from tocsin_schemas.words import Channel, Lane, Reason, State
from tocsin_store import pauses
from tocsin_store.pool import Pool

TOPIC = deliveries(Channel.EMAIL, Lane.ROUTINE)
ROUTINE = Post(lane=Lane.ROUTINE)


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


@pytest.fixture
async def outlet(kafka_bootstrap: str) -> AsyncIterator[Outlet]:
    async with Outlet(kafka_bootstrap, client_id="test") as outlet:
        yield outlet


async def test_a_chunk_is_on_the_log_whole(pool: Pool, outlet: Outlet, kafka_bootstrap: str) -> None:
    situation = await waiting(pool, 250, post=ROUTINE)
    queue = a_queue(pool, outlet, lane=Lane.ROUTINE)

    went = [await queue.enqueue_chunk() for _ in range(2)]

    found = [decode(DeliveriesRequested, value) for value in await values_on(kafka_bootstrap, TOPIC)]
    ours = [request for request in found if request.alert_id == situation.alert]
    assert went == [True, False]
    assert sorted(id_ for request in ours for id_ in request.delivery_ids) == list(situation.ids)
    assert sorted(len(request.delivery_ids) for request in ours) == [50, 100, 100]


async def test_nothing_goes_beyond_the_window(pool: Pool, outlet: Outlet) -> None:
    await waiting(pool, 5, post=ROUTINE)
    await waiting(pool, 5, post=ROUTINE)
    queue = a_queue(pool, outlet, lane=Lane.ROUTINE, window_least=5)

    assert [await queue.enqueue_chunk() for _ in range(2)] == [True, False]


async def test_nothing_goes_while_the_channel_is_on_hold(pool: Pool, outlet: Outlet) -> None:
    situation = await waiting(pool, post=ROUTINE)
    await situation.is_due()
    await pauses.hold(
        pool, channel=Channel.EMAIL, route="*", reason=Reason.CONFIGURATION, lasts=timedelta(minutes=1)
    )
    queue = a_queue(pool, outlet, lane=Lane.ROUTINE)

    assert not await queue.enqueue_chunk()
    assert not await queue.enqueue_due()
    assert await pool.fetchval("SELECT count(*) FROM chunk WHERE enqueued_at IS NULL") == 1


async def test_what_waits_for_a_route_on_hold_is_parked_and_the_others_go(
    pool: Pool, outlet: Outlet, kafka_bootstrap: str
) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident(domain="dead.example"), Resident(), Resident()])
    alert = await posted(pool, agency, ROUTINE)
    await fanned_out(pool)
    until = await pauses.hold(
        pool,
        channel=Channel.EMAIL,
        route="dead.example",
        reason=Reason.DOMAIN_SLOW,
        lasts=timedelta(minutes=1),
    )

    went = await a_queue(pool, outlet, lane=Lane.ROUTINE).enqueue_chunk()

    parked = await pool.fetch("SELECT delivery_id, route, produce_after FROM due WHERE alert_id = $1", alert)
    found = [decode(DeliveriesRequested, value) for value in await values_on(kafka_bootstrap, TOPIC)]
    produced = {id_ for request in found if request.alert_id == alert for id_ in request.delivery_ids}
    assert went
    assert [(row["route"], row["produce_after"]) for row in parked] == [("dead.example", until)]
    assert produced == set(await ids_of(pool, alert)) - {row["delivery_id"] for row in parked}
    assert await pool.fetchval("SELECT deliveries FROM chunk WHERE alert_id = $1", alert) == 2


async def test_a_chunk_of_which_all_waits_for_a_hold_is_passed_at_once(pool: Pool, outlet: Outlet) -> None:
    await waiting(pool, 3, post=ROUTINE)
    await pauses.hold(
        pool,
        channel=Channel.EMAIL,
        route="homes.example",
        reason=Reason.DOMAIN_SLOW,
        lasts=timedelta(minutes=1),
    )

    went = await a_queue(pool, outlet, lane=Lane.ROUTINE).enqueue_chunk()

    chunk = await pool.fetchrow("SELECT deliveries, last_offset FROM chunk")
    assert went
    assert chunk is not None
    assert (chunk["deliveries"], chunk["last_offset"]) == (0, {})


async def test_a_chunk_kafka_did_not_take_is_not_marked(pool: Pool) -> None:
    await waiting(pool, post=ROUTINE)

    async with Outlet("127.0.0.1:1", client_id="test") as nobody:
        with pytest.raises(KafkaUnavailableError):
            await a_queue(pool, nobody, lane=Lane.ROUTINE).enqueue_chunk()

    assert await pool.fetchval("SELECT count(*) FROM chunk WHERE enqueued_at IS NULL") == 1


async def test_what_is_due_and_kafka_did_not_take_is_due_at_once(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.is_due()

    async with Outlet("127.0.0.1:1", client_id="test") as nobody:
        with pytest.raises(KafkaUnavailableError):
            await a_queue(pool, nobody).enqueue_due()

    assert await pool.fetchval("SELECT count(*) FROM due WHERE produce_after <= now()") == 1


async def test_an_expired_alert_is_settled_then_completed(pool: Pool) -> None:
    situation = await waiting(pool, 3, post=Post(expires_in=timedelta()))

    closer = Closer(pool)
    more = [await closer.close() for _ in range(3)]

    assert more == [True, False, False]
    assert await tallied(pool, situation.alert) == {State.EXPIRED: 3}
    assert await pool.fetchval("SELECT state FROM alert WHERE id = $1", situation.alert) == "completed"
