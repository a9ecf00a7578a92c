"""A channel's worker: one session, one pause, and a lane each for urgent and routine."""

import asyncio
from collections.abc import Sequence

from tocsin_runtime.delivery.breakers import Breakers
from tocsin_runtime.delivery.channel import Channel as Sender
from tocsin_runtime.delivery.channel import Finder
from tocsin_runtime.delivery.decide import Policy
from tocsin_runtime.delivery.errand import Look, Tools
from tocsin_runtime.delivery.holding import tell_trips
from tocsin_runtime.delivery.lane import Lane
from tocsin_runtime.delivery.pace import Pace
from tocsin_runtime.delivery.paced_lane import PacedLane
from tocsin_runtime.delivery.parcels import Desk
from tocsin_runtime.delivery.pause_watch import PauseWatch
from tocsin_runtime.delivery.receipts import ReceiptOutlet
from tocsin_runtime.delivery.session import Session
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.dead_letters import DeadLetters
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.loops import repeat
from tocsin_runtime.process import Process
from tocsin_schemas import topics
from tocsin_schemas.words import Channel
from tocsin_schemas.words import Lane as LaneName
from tocsin_store.pool import Pool


async def work(  # noqa: PLR0913 - a channel is made of this much
    process: Process,
    *,
    channel: Channel,
    sender: Sender,
    policy: Policy,
    lanes: Sequence[LaneName],
    pool: Pool,
    outlet: Outlet,
    kafka_bootstrap_servers: str,
    finder: Finder | None = None,
    pace: Pace | None = None,
    look: Look | None = None,
) -> None:
    """Deliver until the process stops; then drain, tell every outcome, close the session."""
    name = f"{channel.value}-worker"
    session = Session(pool, worker=name)
    pauses = PauseWatch(pool, channel=channel, sender=sender)
    told = ReceiptOutlet(outlet, pool, source=name)
    tools = Tools(channel, pool, sender, policy, session, pauses, Breakers(), told, finder, look)
    dead_letters = DeadLetters(outlet, group=name, process=process)
    async with asyncio.TaskGroup() as background:
        beats = background.create_task(session.run(process))
        watch = background.create_task(pauses.run(process))
        trips = background.create_task(
            repeat(lambda: tell_trips(tools), process=process, name="breakers", every=1.0)
        )
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                intake = Intake(
                    kafka_bootstrap_servers,
                    topic=topics.deliveries(channel, lane),
                    group=topics.worker_group(channel, lane),
                )
                desk = Desk(lane, tools, dead_letters)
                loop = Lane(desk, intake) if pace is None else PacedLane(desk, intake, pace)
                group.create_task(loop.run(process))
        beats.cancel()
        watch.cancel()
        trips.cancel()
    await session.close()
