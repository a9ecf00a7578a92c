"""The life of a call: queued, dialled, ringing, answered or not, over."""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol, Unpack

from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.calls.call import Call, Change, Kind
from tocsin_sandbox.calls.calls import Calls
from tocsin_sandbox.calls.conversation import Ask, Conversation, Script
from tocsin_sandbox.calls.detection import Detected, detected
from tocsin_sandbox.calls.line import Elsewhere, HungUp, Line, Redirected
from tocsin_sandbox.calls.presses import Presses
from tocsin_sandbox.phones.callee import BY_HAND, Callee
from tocsin_sandbox.phones.rules import Action, ActionType, Phase, RuleBook


class Client(Script, Protocol):
    """Who asked for the call: says what to do, and is told what became of it."""

    def tell(self, call: Call) -> None:
        """Report the status it has now."""

    def tell_detected(self, call: Call, *, after_s: float) -> None:
        """Report who answered."""


@dataclass(frozen=True, slots=True)
class World:
    """What all calls share."""

    calls: Calls
    client: Client
    rules: RuleBook


class Life:
    """One call's; `behaviour` is the one in force when it was dialled."""

    def __init__(self, call: Call, *, world: World, line: Line, behaviour: CallsBehaviour) -> None:
        self._asked = call.asked
        self._sid = call.sid
        self._world = world
        self._line = line
        self._behaviour = behaviour
        self._presses: Presses | None = None
        self._detection: asyncio.TimerHandle | None = None

    async def live(self, *, queued_s: float) -> None:
        """From the queue to its end."""
        try:
            await self._lived(queued_s)
        except Redirected:  # it rings: nobody is there to hear other words
            self._end("failed", by="client")
        except HungUp as hung_up:
            answered = self._world.calls.get(self._sid)
            talked = answered is not None and answered.answered_at is not None
            self._end("completed" if talked else "canceled", by=hung_up.by)
        finally:
            self._stop()

    async def _lived(self, queued_s: float) -> None:
        await self._line.lasts(queued_s)
        self._move("dialled", status="initiated", dialled_at=time.time())
        await self._line.lasts(self._real_s(self._behaviour.dialled_after_s.drawn(self._sid)))
        by_hand = self._asked.to in self._behaviour.by_hand
        fate = None if by_hand else self._world.rules.action(Phase.RING, number=self._asked.to, lot=self._sid)
        if fate is not None and fate.type is ActionType.END and fate.status == "failed":
            self._end("failed", code=fate.end[1], by="carrier")
            return
        self._move(status="ringing")
        callee = await (self._picked_up_by_hand() if by_hand else self._picked_up(fate))
        if callee is not None:
            await self._answered(callee)
            self._end("completed", by="client")

    async def _picked_up(self, fate: Action | None) -> Callee | None:
        """Who answers; None where nobody does and it is over."""
        rings_s = self._asked.ring_s
        if fate is not None and fate.type is ActionType.END:
            status, code = fate.end
            after_s = rings_s if status == "no-answer" else min(fate.delay_s, rings_s)
            await self._line.lasts(self._real_s(after_s))
            self._end(status, code=code, by="carrier")
            return None
        callee = self._behaviour.callee if fate is None or fate.callee is None else fate.callee
        after_s = callee.answers_after_s.drawn(f"{self._sid} answers")
        await self._line.lasts(self._real_s(min(after_s, rings_s)))
        if after_s <= rings_s:
            return callee
        self._end("no-answer", by="carrier")
        return None

    async def _picked_up_by_hand(self) -> Callee | None:
        """The same for somebody at the page."""
        if await self._line.picked_up(self._real_s(self._asked.ring_s)):
            return BY_HAND
        self._end("no-answer", by="carrier")
        return None

    async def _answered(self, callee: Callee) -> None:
        self._move("answered", status="in-progress", answered_at=time.time())
        self._line.limit(self._real_s(self._asked.limit_s), by="limit")
        if callee.hangs_up_after_s is not None:
            self._line.limit(self._real_s(callee.hangs_up_after_s), by="callee")
        found = detected(self._asked, callee)
        if found is not None and self._asked.detected_late:
            loop = asyncio.get_running_loop()
            self._detection = loop.call_later(self._real_s(found.after_s), self._detect, found)
        elif found is not None:
            await self._line.lasts(self._real_s(found.after_s))
            self._know(found)
        await self._talk(callee, found)

    async def _talk(self, callee: Callee, found: Detected | None) -> None:
        speed = self._behaviour.speed
        self._presses = Presses(callee, line=self._line, lot=self._sid, speed=speed)
        conversation = Conversation(
            self._sid,
            calls=self._world.calls,
            line=self._line,
            presses=self._presses,
            script=self._world.client,
            speed=speed,
        )
        tells = {}
        if found is not None and not self._asked.detected_late:
            tells = {
                "AnsweredBy": found.answered_by,
                "MachineDetectionDuration": f"{found.after_s * 1_000:.0f}",
            }
        asked = self._asked
        first = Elsewhere(asked.url, asked.method, asked.twiml)
        await conversation.hold(Ask(first, tells), fallback=asked.fallback)

    def _know(self, found: Detected) -> Call | None:
        self._world.calls.note(self._sid, Kind.NOTE, f"answered by {found.answered_by}")
        return self._world.calls.change(self._sid, "detected", answered_by=found.answered_by)

    def _detect(self, found: Detected) -> None:
        call = self._know(found)
        if call is not None and self._asked.detection_callback:
            self._world.client.tell_detected(call, after_s=found.after_s)

    def _end(self, status: str, *, by: str, code: int | None = None) -> None:
        call = self._world.calls.get(self._sid)
        if call is None:
            return
        now = time.time()
        changes = Change(status=status, ended_at=now, code=code or call.code)
        if call.answered_at is not None:
            changes["duration_s"] = round((now - call.answered_at) * self._behaviour.speed)
        self._move("ended", by=by, **changes)

    def _move(self, event: str = "", *, by: str = "", **changes: Unpack[Change]) -> None:
        call = self._world.calls.change(self._sid, event, by=by, **changes)
        if call is not None:
            self._world.client.tell(call)

    def _real_s(self, seconds: float) -> float:
        return seconds / self._behaviour.speed

    def _stop(self) -> None:
        if self._presses is not None:
            self._presses.stop()
        if self._detection is not None:
            self._detection.cancel()
