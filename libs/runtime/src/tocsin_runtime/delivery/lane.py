"""One lane of a channel's worker: records in, errands out, offsets on; overlapped, and never per message."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from uuid import UUID

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_runtime.delivery.errand import Tools, carry_out
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.dead_letters import DeadLetters
from tocsin_runtime.kafka.taken import Taken
from tocsin_runtime.process import Process
from tocsin_schemas.codec import UndecodableError, decode
from tocsin_schemas.messages import DeliveriesRequested
from tocsin_store.claim import CLAIM_LIMIT

_ERRANDS_IN_FLIGHT: Final = 4
_CLAIMS_IN_FLIGHT: Final = 2
_LEAST_CLAIM: Final = 10


@dataclass(eq=False, slots=True)
class Parcel:
    """A record in hand, shared by the errands its ids are split over."""

    taken: Taken
    errands: int = 0

    def done(self) -> None:
        """One of its errands is carried out; the last one finishes the record."""
        self.errands -= 1
        if self.errands == 0:
            self.taken.finish()


@dataclass(slots=True)
class Lane:
    """The loop of one lane, with permits of its own."""

    tools: Tools
    intake: Intake
    dead_letters: DeadLetters
    _errands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_ERRANDS_IN_FLIGHT))
    _claims: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CLAIMS_IN_FLIGHT))
    _claim_size: int = CLAIM_LIMIT

    async def run(self, process: Process) -> None:
        """Work until the process stops, then finish what is in hand."""
        async with self.intake, asyncio.TaskGroup() as group:
            while not process.stopping.is_set():
                process.health.set("kafka", ok=self.intake.ready)
                if self.tools.pauses.active or self.tools.session.id is None:
                    await self.intake.idle()
                    continue
                for alert_id, parts in (await self._requested()).items():
                    for ids, parcels in self._split(parts):
                        await self._permit()
                        group.create_task(self._carry_out(alert_id, ids, parcels))

    async def _requested(self) -> dict[UUID, list[tuple[Parcel, Sequence[UUID]]]]:
        by_alert: dict[UUID, list[tuple[Parcel, Sequence[UUID]]]] = {}
        for record in await self.intake.take(limit=2 * _ERRANDS_IN_FLIGHT):
            try:
                request = decode(DeliveriesRequested, record.value)
            except UndecodableError as error:
                await self.dead_letters.bury(record, why=str(error))
                record.finish()
            else:
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

    async def _carry_out(self, alert_id: UUID, ids: Sequence[UUID], parcels: Sequence[Parcel]) -> None:
        try:
            if not all(parcel.taken.current for parcel in parcels):
                for parcel in parcels:
                    parcel.taken.drop()
                return
            self._adapt(await carry_out(self.tools, alert_id=alert_id, ids=ids, claims=self._claims))
            for parcel in parcels:
                parcel.done()
        finally:
            self._errands.release()

    def _adapt(self, outcomes: Sequence[Outcome]) -> None:
        """Claim only what can be begun in time: halve when some came too late, grow slowly when none did."""
        if any(outcome.of is OutcomeClass.LATE for outcome in outcomes):
            self._claim_size = max(_LEAST_CLAIM, self._claim_size // 2)
        elif outcomes:
            self._claim_size = min(CLAIM_LIMIT, self._claim_size + _LEAST_CLAIM)
