"""Records in hand: what they ask for is carried out, and they are let go when nothing of it is left to do."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from tocsin_runtime.clock import utc_now
from tocsin_runtime.delivery.channel import Outcome
from tocsin_runtime.delivery.decide import Errand, receipt_for_verdict
from tocsin_runtime.delivery.errand import Ask, Look, Tools, carry_out
from tocsin_runtime.kafka.dead_letters import DeadLetters, NotBuriedError
from tocsin_runtime.kafka.taken import Taken
from tocsin_runtime.process import where_from
from tocsin_schemas.codec import UndecodableError, decode
from tocsin_schemas.messages import DeliveriesRequested
from tocsin_schemas.words import Lane as LaneName
from tocsin_store.pool import UNAVAILABLE

log = structlog.get_logger()

_CLAIMS_IN_FLIGHT: Final = 2


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
class Desk:
    """Where a lane's errands are carried out."""

    lane: LaneName
    tools: Tools
    dead_letters: DeadLetters
    _claims: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CLAIMS_IN_FLIGHT))

    async def requested(self, record: Taken) -> DeliveriesRequested | None:
        """What a record asks for; None where nothing of it is to be done, or nobody can read it: it is buried."""
        try:
            asked = decode(DeliveriesRequested, record.value)
        except UndecodableError as error:
            await self._bury(record, why=str(error))
            return None
        if self.tools.look is None or asked.kind == "resolve":
            return asked
        left = await self._worth_a_claim(asked, look=self.tools.look)
        if not left:
            record.finish()
            return None
        return asked.model_copy(update={"delivery_ids": tuple(left)})

    async def _worth_a_claim(self, asked: DeliveriesRequested, *, look: Look) -> Sequence[UUID]:
        """Those that are; what is known of the others is told."""
        try:
            found = await look(asked.alert_id, asked.delivery_ids)
        except UNAVAILABLE as error:
            log.warning("look_failed", error=type(error).__name__)
            return asked.delivery_ids
        errand, now = Errand(asked.alert_id, self.tools.channel, self.lane), utc_now()
        verdicts = [verdict for verdict in found.values() if verdict is not None]
        await self.tools.receipts.publish(
            [receipt_for_verdict(verdict, errand=errand, now=now) for verdict in verdicts]
        )
        return [each for each in asked.delivery_ids if each not in found]

    async def carry_out(
        self,
        alert_id: UUID,
        ids: Sequence[UUID],
        parcels: Sequence[Parcel],
        *,
        permit: Permit,
        note: Callable[[Sequence[Outcome]], None],
        ask: Ask | None = None,
    ) -> None:
        """Carry one errand out, and let go of its parcels once the rest only waits for slow destinations.

        Args:
            alert_id: Whose deliveries.
            ids: At most `CLAIM_LIMIT`.
            parcels: Each as often as its `errands` counts this one.
            permit: Given back at the same time.
            note: Told each part of the outcomes.
            ask: As in `errand.carry_out`.
        """
        left = list(parcels)

        async def go_on() -> None:
            """The rest is claimed and waits for slow destinations alone: recovery knows of it, the records need not."""
            permit.give_back()
            while left:
                parcel = left.pop()
                if parcel.done():
                    await self.finish(parcel)

        async def told(outcomes: Sequence[Outcome]) -> None:
            note(outcomes)
            await go_on()

        try:
            if all(parcel.taken.current for parcel in parcels):
                await self._deliver(alert_id, ids, parcels, told=told, ask=ask)
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
        told: Callable[[Sequence[Outcome]], Awaitable[None]],
        ask: Ask | None,
    ) -> None:
        errand = Errand(alert_id, self.tools.channel, self.lane)
        try:
            await carry_out(self.tools, errand=errand, ids=ids, claims=self._claims, told=told, ask=ask)
        except Exception as error:  # noqa: BLE001 - what cannot be handled goes aside; its partition goes on
            why = where_from(error)
            log.critical("errand_broke", alert=str(alert_id), where=why)
            for parcel in dict.fromkeys(parcels):
                parcel.broke = why
                if parcel.finished:  # it broke while only slow destinations were waited for
                    await self._bury(parcel.taken, why=why)

    async def finish(self, parcel: Parcel) -> None:
        """Let go of a parcel of which nothing is left to do."""
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
