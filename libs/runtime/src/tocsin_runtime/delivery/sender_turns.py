"""A sender's turns: as long as something of it is in hand, one after the other."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from tocsin_runtime.delivery.channel import Outcome
from tocsin_runtime.delivery.pace import Turn
from tocsin_runtime.delivery.paced_desk import PacedDesk
from tocsin_runtime.delivery.parcels import Permit
from tocsin_runtime.delivery.sender_queue import AlertQueue, SenderQueue, Share
from tocsin_runtime.process import Process
from tocsin_store import pace as ledger
from tocsin_store.pool import UNAVAILABLE

log = structlog.get_logger()

_HELD_SECONDS: Final = 45.0
"""How long a record waits in hand: others' offsets wait with it, and the dispatcher goes around a partition that stands
still for a minute."""
_PUT_OFF: Final = timedelta(seconds=30)
_MOST_PUT_OFF: Final = timedelta(minutes=10)
_AGAIN_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class SenderTurns:
    """The loop of one sender."""

    desk: PacedDesk
    queue: SenderQueue
    process: Process

    async def run(self) -> None:
        """Go on until nothing of the sender is in hand, or the process stops: then what only waits is dropped."""
        try:
            while not self.process.stopping.is_set() and self._mine():
                try:
                    await self._put_off_old()
                    if self.desk.may_work and (alerts := await self._live()):
                        await self._next(alerts)
                    else:
                        await self.process.pause(_AGAIN_SECONDS)
                except UNAVAILABLE as error:
                    log.warning("pace_unknown", error=type(error).__name__)
                    await self.process.pause(_AGAIN_SECONDS)
        finally:
            for alert in self.queue.in_order():
                self.desk.drop(alert.held)

    def _mine(self) -> list[AlertQueue]:
        """What is still ours to see to."""
        for alert in self.queue.in_order():
            self.desk.drop(alert.gone())
        return self.queue.in_order()

    async def _live(self) -> list[AlertQueue]:
        """What may go; what is over, or another sender's now, needs no turn."""
        alerts = self.queue.in_order()
        stands = await self.desk.standing({alert.alert_id for alert in alerts})
        live: list[AlertQueue] = []
        for alert in alerts:
            now = stands.get(alert.alert_id)
            known = (alert.standing.version, self.queue.sender)
            if now is not None and now.live and (now.version, now.sender) == known:
                alert.standing = now
                alert.each = alert.each or await self.desk.segments_of(alert.alert_id, now)
                live.append(alert)
            else:
                self.desk.at_once(alert.alert_id, alert.taken(len(alert.held)))
        return live

    async def _next(self, alerts: Sequence[AlertQueue]) -> None:
        """Take a turn, and hand over in it."""
        await self.desk.permits.acquire()
        permit = Permit(self.desk.permits)
        try:
            each = max(1, round(alerts[0].each))
            wanted = min(self.queue.segments, self.desk.punctuality.most * each)
            turn = await self.desk.turn(
                alerts[0].standing, wanted=max(wanted, each), each=each, slack=self.desk.punctuality.slack
            )
            if not isinstance(turn, Turn):
                permit.give_back()
                await self.process.pause(turn)
                return
            await turn.claims()
            if self._mine():
                permit = self._hand_over(turn, permit=permit)
        finally:
            permit.give_back()

    def _hand_over(self, turn: Turn, *, permit: Permit) -> Permit:
        """Begin the errands of a turn; the first one takes the permit along. Returns what is left of it."""
        for share in self.queue.shares(turn.segments, most=self.desk.punctuality.most):
            self.desk.in_turn(
                share.alert.alert_id,
                share.held,
                allowed=(turn, share.segments),
                permit=permit,
                note=partial(self._note, share),
            )
            permit = Permit(self.desk.permits, held=False)
        return permit

    def _note(self, share: Share, outcomes: Sequence[Outcome]) -> None:
        share.alert.learn(outcomes, segments=share.segments)
        self.desk.remember(share.alert.alert_id, share.alert.each)
        self.desk.punctuality.learn(outcomes)

    async def _put_off_old(self) -> None:
        """Let what has been in hand for long wait in the ledger, about as long as it would here."""
        before = time.monotonic() - _HELD_SECONDS
        for alert in self.queue.in_order():
            old = [held for held in alert.held if held.since < before]
            if not old:
                continue
            tools, rate = self.desk.desk.tools, ledger.effective_rate(alert.standing.segments_per_s)
            wait = _PUT_OFF + timedelta(seconds=self.queue.segments / rate)
            await ledger.put_off(
                tools.pool,
                alert.alert_id,
                [held.id for held in old],
                channel=tools.channel,
                lane=self.desk.desk.lane,
                by=min(wait, _MOST_PUT_OFF),
            )
            await self.desk.release(alert.taken(len(old)))  # they came first
            log.info("put_off", alert=str(alert.alert_id), count=len(old))
