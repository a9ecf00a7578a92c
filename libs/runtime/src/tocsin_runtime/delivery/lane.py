"""One lane of a channel's worker: records in, errands out, offsets on; overlapped, and never per message."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from uuid import UUID

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_runtime.delivery.errand import Tools
from tocsin_runtime.delivery.parcels import Desk, Parcel, Permit
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.process import Process
from tocsin_store.claim import CLAIM_LIMIT

_ERRANDS_IN_FLIGHT: Final = 4
_LEAST_CLAIM: Final = 10


@dataclass(slots=True)
class Lane:
    """The loop of one lane, with permits of its own."""

    desk: Desk
    intake: Intake
    _errands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_ERRANDS_IN_FLIGHT))
    _claim_size: int = CLAIM_LIMIT

    async def run(self, process: Process) -> None:
        """Work until the process stops, then finish what is in hand."""
        tools: Tools = self.desk.tools
        async with self.intake, asyncio.TaskGroup() as group:
            while not process.stopping.is_set():
                process.health.set("kafka", ok=self.intake.ready)
                if tools.pauses.active or tools.session.id is None:
                    await self.intake.idle()
                    continue
                for alert_id, parts in (await self._requested()).items():
                    for ids, parcels in self._split(parts):
                        await self._permit()
                        permit = Permit(self._errands)
                        group.create_task(
                            self.desk.carry_out(alert_id, ids, parcels, permit=permit, note=self._adapt)
                        )

    async def _requested(self) -> dict[UUID, list[tuple[Parcel, Sequence[UUID]]]]:
        by_alert: dict[UUID, list[tuple[Parcel, Sequence[UUID]]]] = {}
        for record in await self.intake.take(limit=2 * _ERRANDS_IN_FLIGHT):
            request = await self.desk.requested(record)
            if request is not None:
                by_alert.setdefault(request.alert_id, []).append((Parcel(record), request.delivery_ids))
        return by_alert

    def _split(
        self, parts: Iterable[tuple[Parcel, Sequence[UUID]]]
    ) -> list[tuple[Sequence[UUID], Sequence[Parcel]]]:
        pairs = iter([(delivery, parcel) for parcel, ids in parts for delivery in ids])
        errands: list[tuple[Sequence[UUID], Sequence[Parcel]]] = []
        while piece := list(islice(pairs, self._claim_size)):
            parcels = list(dict.fromkeys(parcel for _, parcel in piece))
            for parcel in parcels:
                parcel.errands += 1
            errands.append(([delivery for delivery, _ in piece], parcels))
        return errands

    async def _permit(self) -> None:
        while True:
            try:
                async with asyncio.timeout(1):
                    await self._errands.acquire()
            except TimeoutError:
                await self.intake.idle(wait_ms=0)  # the group must see us poll
            else:
                return

    def _adapt(self, outcomes: Sequence[Outcome]) -> None:
        """Claim only what can be begun in time: halve when some came too late, grow slowly when none did."""
        if any(outcome.of is OutcomeClass.LATE and outcome.scope is None for outcome in outcomes):
            self._claim_size = max(_LEAST_CLAIM, self._claim_size // 2)
        elif outcomes:
            self._claim_size = min(CLAIM_LIMIT, self._claim_size + _LEAST_CLAIM)
