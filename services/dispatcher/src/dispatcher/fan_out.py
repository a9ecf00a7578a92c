"""Fan-out: chunk after chunk, the most urgent alert first; a bell only wakes it."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from prometheus_client import Counter

from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.process import Process
from tocsin_schemas.topics import ALERTS
from tocsin_store.fan_out import Chunk, insert_chunk
from tocsin_store.pool import Pool

log = structlog.get_logger()

GROUP: Final = "dispatcher"

FANNED_OUT: Final = Counter("tocsin_deliveries_fanned_out_total", "Delivery rows inserted.")


async def listen(process: Process, *, bootstrap_servers: str, bells: Sequence[asyncio.Event]) -> None:
    """Ring the bells for every record on `alerts`, whatever it says: the ledger decides."""
    async with Intake(bootstrap_servers, topic=ALERTS, group=GROUP) as intake:
        while not process.stopping.is_set():
            process.health.set("kafka", ok=intake.ready)
            for record in await intake.take(limit=500):
                for bell in bells:
                    bell.set()
                record.finish()


async def fan_out(pool: Pool, *, parts: int, filled: asyncio.Event, more: asyncio.Event) -> bool:
    """Insert one chunk and say so, and where its fan-out was split; says whether there may be another chunk."""
    chunk = await insert_chunk(pool, parts=parts)
    if chunk is not None and chunk.split:
        more.set()
    return inserted(chunk, filled=filled)


def inserted(chunk: Chunk | None, *, filled: asyncio.Event) -> bool:
    """Tell of a chunk; says whether there was one."""
    if chunk is None:
        return False
    FANNED_OUT.inc(chunk.deliveries)
    filled.set()
    log.info(
        "chunk_inserted", alert=str(chunk.alert_id), deliveries=chunk.deliveries, finished=chunk.finished
    )
    return True
