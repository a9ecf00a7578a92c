"""One lane of a channel whose senders are paced: what is asked for waits in hand, by sender, and goes turn by turn.

A record is not finished before its deliveries went, and offsets are committed in order: one sender's backlog would keep
those of all. So what is long in hand goes back to wait in the ledger.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from tocsin_runtime.delivery.pace import Pace
from tocsin_runtime.delivery.paced_desk import PacedDesk
from tocsin_runtime.delivery.parcels import Desk, Parcel
from tocsin_runtime.delivery.sender_queue import Held, SenderQueue
from tocsin_runtime.delivery.sender_turns import SenderTurns
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.taken import Taken
from tocsin_runtime.process import Process
from tocsin_schemas.messages import DeliveriesRequested
from tocsin_store.pace import Standing
from tocsin_store.pool import UNAVAILABLE

log = structlog.get_logger()

_RECORDS: Final = 64
_MOST_IN_HAND: Final = 50_000


@dataclass(slots=True)
class PacedLane:
    """The loop of one lane, and a task for each sender of which something waits."""

    desk: Desk
    intake: Intake
    pace: Pace
    _queues: dict[str, SenderQueue] = field(default_factory=dict)

    async def run(self, process: Process) -> None:
        """Work until the process stops, then finish what is claimed; what only waits is left to the next owner."""
        async with self.intake, asyncio.TaskGroup() as group:
            desk = PacedDesk(self.desk, self.pace, group)
            while not process.stopping.is_set():
                process.health.set("kafka", ok=self.intake.ready)
                if not desk.may_work or len(desk.in_hand) > _MOST_IN_HAND:
                    await self.intake.idle()
                    continue
                records = await self.intake.take(limit=_RECORDS)
                requests = [(each, asked) for each in records if (asked := await self.desk.requested(each))]
                stands = await self._standing(desk, {asked.alert_id for _, asked in requests})
                for record, asked in requests:
                    self._take(record, asked, stands.get(asked.alert_id), desk=desk, process=process)

    async def _standing(self, desk: PacedDesk, alert_ids: set[UUID]) -> Mapping[UUID, Standing]:
        while True:
            try:
                return await desk.standing(alert_ids)
            except UNAVAILABLE as error:
                log.warning("standing_unknown", error=type(error).__name__)
                await self.intake.idle(wait_ms=200)  # the group must see us poll

    def _take(
        self,
        record: Taken,
        asked: DeliveriesRequested,
        standing: Standing | None,
        *,
        desk: PacedDesk,
        process: Process,
    ) -> None:
        now = time.monotonic()
        ids = [each for each in dict.fromkeys(asked.delivery_ids) if each not in desk.in_hand]
        if not ids:
            record.finish()
            return
        desk.in_hand.update(ids)
        parcel = Parcel(record, errands=len(ids))
        held = [Held(each, parcel, now) for each in ids]
        if standing is None or not standing.live:
            desk.at_once(asked.alert_id, held)
        elif asked.kind == "resolve":
            desk.look_up(asked.alert_id, held, standing=standing)
        else:
            self._queue(asked.alert_id, held, standing=standing, desk=desk, process=process)

    def _queue(
        self,
        alert_id: UUID,
        held: Sequence[Held],
        *,
        standing: Standing,
        desk: PacedDesk,
        process: Process,
    ) -> None:
        queue = self._queues.get(standing.sender)
        is_new = queue is None
        if queue is None:
            queue = self._queues[standing.sender] = SenderQueue(standing.sender)
        queue.of(alert_id, standing).held.extend(held)
        if is_new:
            desk.group.create_task(self._turns(SenderTurns(desk, queue, process)))

    async def _turns(self, turns: SenderTurns) -> None:
        try:
            await turns.run()
        finally:
            del self._queues[turns.queue.sender]
