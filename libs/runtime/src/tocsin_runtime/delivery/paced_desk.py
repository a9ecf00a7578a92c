"""Where a paced lane's errands are carried out: when their sender has a turn, and no more of them than it allows."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Final
from uuid import UUID

import structlog

from tocsin_runtime.delivery.channel import Outcome
from tocsin_runtime.delivery.errand import Allowance, Ask, content_of
from tocsin_runtime.delivery.pace import LedgerOffset, Pace, Turn, take_turn
from tocsin_runtime.delivery.parcels import Desk, Permit
from tocsin_runtime.delivery.punctuality import Punctuality
from tocsin_runtime.delivery.sender_queue import Held
from tocsin_store import pace as ledger
from tocsin_store.claim import CLAIM_LIMIT
from tocsin_store.pace import Standing
from tocsin_store.pool import UNAVAILABLE

log = structlog.get_logger()

_ERRANDS_IN_FLIGHT: Final = 32
_KNOWN_SECONDS: Final = 2.0
_SEEN: Final = 1_000
_NOTHING: Final = Allowance(0, float("-inf"))

Note = Callable[[Sequence[Outcome]], None]


@dataclass(slots=True)
class PacedDesk:
    """What the senders of a lane share."""

    desk: Desk
    pace: Pace
    group: asyncio.TaskGroup
    permits: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_ERRANDS_IN_FLIGHT))
    punctuality: Punctuality = field(default_factory=Punctuality)
    in_hand: set[UUID] = field(default_factory=set)
    """Deliveries that wait for their turn here: another hint of one says nothing new.

    Of one that is being carried out it may: that it was released meanwhile.
    """
    _seen: dict[UUID, float] = field(default_factory=dict)
    _offset: LedgerOffset = field(default_factory=LedgerOffset)
    _stands: dict[UUID, tuple[Standing, float]] = field(default_factory=dict)

    @property
    def may_work(self) -> bool:
        """Whether anything may be claimed."""
        return not self.desk.tools.pauses.active and self.desk.tools.session.id is not None

    async def standing(self, alert_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        """How alerts stand, as of a few seconds ago; those that do not exist are absent.

        Raises:
            UNAVAILABLE: Not all are known.
        """
        now = time.monotonic()
        stale = [each for each in alert_ids if each not in self._stands or self._stands[each][1] < now]
        if stale:
            self._stands = {each: known for each, known in self._stands.items() if known[1] >= now}
            tools = self.desk.tools
            for alert_id, standing in (
                await ledger.standing(tools.pool, stale, channel=tools.channel)
            ).items():
                self._stands[alert_id] = (standing, now + _KNOWN_SECONDS)
        return {each: self._stands[each][0] for each in alert_ids if each in self._stands}

    async def segments_of(self, alert_id: UUID, standing: Standing) -> float:
        """How many a message of it has: as was seen, or else as it was estimated."""
        if (seen := self._seen.get(alert_id)) is not None:
            return seen
        content = await content_of(self.desk.tools, alert_id, version=standing.version)
        return float(max(1, self.pace.segments(content)))

    def remember(self, alert_id: UUID, each: float) -> None:
        """Note how many segments a message of it has; the alerts noted first are forgotten."""
        self._seen[alert_id] = each
        if len(self._seen) > _SEEN:
            del self._seen[next(iter(self._seen))]

    def at_once(self, alert_id: UUID, held: Sequence[Held], *, ask: Ask | None = None) -> None:
        """See to deliveries of which nothing, or little, can be handed over: they need no turn."""
        for start in range(0, len(held), CLAIM_LIMIT):
            piece = held[start : start + CLAIM_LIMIT]
            self.group.create_task(self._when_permitted(alert_id, piece, ask=ask or _allows_nothing))

    def look_up(self, alert_id: UUID, held: Sequence[Held], *, standing: Standing) -> None:
        """See to deliveries whose last attempt is looked up; a turn is taken for those that are then made again."""
        self.at_once(alert_id, held, ask=partial(self._afterwards, alert_id, standing))

    def in_turn(
        self, alert_id: UUID, held: Sequence[Held], *, allowed: tuple[Turn, int], permit: Permit, note: Note
    ) -> None:
        """Hand over in a turn, within a share of its segments."""
        turn, segments = allowed

        async def ask(_: int) -> Allowance:
            await turn.begins()
            return Allowance(segments, turn.begin_by)

        self.group.create_task(self._carry_out(alert_id, held, permit=permit, note=note, ask=ask))

    async def _afterwards(self, alert_id: UUID, standing: Standing, count: int) -> Allowance:
        each = ceil(await self.segments_of(alert_id, standing))
        try:
            turn = await self.turn(standing, wanted=count * each, each=each)
        except UNAVAILABLE:
            return _NOTHING
        if not isinstance(turn, Turn):
            return _NOTHING
        await turn.begins()
        return Allowance(turn.segments, turn.begin_by)

    async def turn(self, standing: Standing, *, wanted: int, each: int, slack: float = 0.0) -> Turn | float:
        """Ask the ledger for a turn.

        Raises:
            UNAVAILABLE: No turn was got.
        """
        return await take_turn(
            self.desk.tools.pool,
            standing,
            wanted=wanted,
            each=each,
            lane=self.desk.lane,
            offset=self._offset,
            slack=slack,
        )

    async def _when_permitted(self, alert_id: UUID, held: Sequence[Held], *, ask: Ask) -> None:
        await self.permits.acquire()
        await self._carry_out(alert_id, held, permit=Permit(self.permits), note=_ignored, ask=ask)

    async def _carry_out(
        self, alert_id: UUID, held: Sequence[Held], *, permit: Permit, note: Note, ask: Ask
    ) -> None:
        ids = [each.id for each in held]
        self.in_hand.difference_update(ids)
        parcels = [each.parcel for each in held]
        await self.desk.carry_out(alert_id, ids, parcels, permit=permit, note=note, ask=ask)

    def drop(self, held: Sequence[Held]) -> None:
        """Leave these to whoever reads their records next."""
        for each in held:
            each.parcel.taken.drop()
            self.in_hand.discard(each.id)

    async def release(self, held: Sequence[Held]) -> None:
        """Let go of these: the ledger sees to them."""
        for each in held:
            self.in_hand.discard(each.id)
            if each.parcel.done():
                await self.desk.finish(each.parcel)


async def _allows_nothing(_: int) -> Allowance:
    return _NOTHING


def _ignored(_: Sequence[Outcome]) -> None:
    """What comes of these teaches nothing about pace."""
