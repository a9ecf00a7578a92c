"""One lane of a channel's worker: records in, errands out, offsets on; overlapped, and never per message."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from uuid import UUID

import structlog

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_runtime.delivery.decide import Errand
from tocsin_runtime.delivery.errand import Tools, carry_out
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.dead_letters import DeadLetters, NotBuriedError
from tocsin_runtime.kafka.taken import Taken
from tocsin_runtime.process import Process, where_from
from tocsin_schemas.codec import UndecodableError, decode
from tocsin_schemas.messages import DeliveriesRequested
from tocsin_schemas.words import Lane as LaneName
from tocsin_store.claim import CLAIM_LIMIT

log = structlog.get_logger()

_ERRANDS_IN_FLIGHT: Final = 4
_CLAIMS_IN_FLIGHT: Final = 2
_LEAST_CLAIM: Final = 10


@dataclass(eq=False, slots=True)
class Parcel:
    """A record in hand, shared by the errands its ids are split over."""

    taken: Taken
    errands: int = 0
    broke: str | None = None
    """Where an errand of it broke, if one did."""
    finished: bool = False

    def done(self) -> bool:
        """One of its errands is carried out; whether it was the last."""
        self.errands -= 1
        return self.errands == 0


@dataclass(eq=False, slots=True)
class Permit:
    """The right to one errand under way, given back once: also early, when only slow destinations are waited for."""

    semaphore: asyncio.Semaphore
    held: bool = True

    def give_back(self) -> None:
        """Let the next errand begin."""
        if self.held:
            self.held = False
            self.semaphore.release()


@dataclass(slots=True)
class Lane:
    """The loop of one lane, with permits of its own."""

    name: LaneName
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
                await self._bury(record, why=str(error))
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
        left = list(parcels)
        permit = Permit(self._errands)

        async def go_on() -> None:
            """The rest is claimed and waits for slow destinations alone: recovery knows of it, the records need not."""
            permit.give_back()
            while left:
                parcel = left.pop()
                if parcel.done():
                    await self._finish(parcel)

        try:
            if all(parcel.taken.current for parcel in parcels):
                await self._deliver(alert_id, ids, parcels, go_on=go_on)
                await go_on()
            else:
                for parcel in parcels:
                    parcel.taken.drop()
        finally:
            permit.give_back()

    async def _deliver(
        self,
        alert_id: UUID,
        ids: Sequence[UUID],
        parcels: Sequence[Parcel],
        *,
        go_on: Callable[[], Awaitable[None]],
    ) -> None:
        async def told(outcomes: Sequence[Outcome]) -> None:
            self._adapt(outcomes)
            await go_on()

        errand = Errand(alert_id, self.tools.channel, self.name)
        try:
            await carry_out(self.tools, errand=errand, ids=ids, claims=self._claims, told=told)
        except Exception as error:  # noqa: BLE001 - what cannot be handled goes aside; its partition goes on
            why = where_from(error)
            log.critical("errand_broke", alert=str(alert_id), where=why)
            for parcel in parcels:
                parcel.broke = why
                if parcel.finished:  # it broke while only slow destinations were waited for
                    await self._bury(parcel.taken, why=why)

    async def _finish(self, parcel: Parcel) -> None:
        parcel.finished = True
        if parcel.broke is None:
            parcel.taken.finish()
        else:
            await self._bury(parcel.taken, why=parcel.broke)

    async def _bury(self, record: Taken, *, why: str) -> None:
        try:
            await self.dead_letters.bury(record, why=why)
        except NotBuriedError:  # the process stops
            record.drop()
        else:
            record.finish()

    def _adapt(self, outcomes: Sequence[Outcome]) -> None:
        """Claim only what can be begun in time: halve when some came too late, grow slowly when none did."""
        if any(outcome.of is OutcomeClass.LATE and outcome.scope is None for outcome in outcomes):
            self._claim_size = max(_LEAST_CLAIM, self._claim_size // 2)
        elif outcomes:
            self._claim_size = min(CLAIM_LIMIT, self._claim_size + _LEAST_CLAIM)
