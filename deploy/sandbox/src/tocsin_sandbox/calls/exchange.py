"""Dials calls in their order, each account's at its pace, and carries them to their ends."""

import asyncio
import time
from contextlib import suppress

from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.calls.call import Call
from tocsin_sandbox.calls.life import Life, World
from tocsin_sandbox.calls.line import Elsewhere, Line
from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.carrier import Pace


class Exchange:
    """A line for each call that is not over."""

    def __init__(self, world: World, *, dial: Dial[CallsBehaviour]) -> None:
        self._world = world
        self._dial = dial
        self._pace = Pace()
        self._lines: dict[str, Line] = {}
        self._lives: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Calls that are not over."""
        return len(self._lines)

    def carry(self, call: Call) -> None:
        """See it to its end."""
        behaviour, account = self._dial.now, call.asked.account
        queued_s = self._pace.wait_s(account)
        if behaviour.calls_per_s is not None:
            self._pace.add(account, takes_s=1 / behaviour.calls_per_s)
        line = self._lines[call.sid] = Line()
        life = Life(call, world=self._world, line=line, behaviour=behaviour)
        task = asyncio.create_task(self._carried(call.sid, life, queued_s=queued_s))
        self._lives.add(task)
        task.add_done_callback(self._lives.discard)

    def line(self, sid: str) -> Line | None:
        """The line of a call, if it is not over."""
        return self._lines.get(sid)

    def redirect(self, sid: str, to: Elsewhere) -> None:
        """Let a call go on elsewhere."""
        line = self._lines.get(sid)
        if line is not None:
            line.redirect(to)

    def resume(self) -> None:
        """Dial again whom a restart left unanswered; the lines of the others are cut."""
        for call in self._world.calls.unfinished():
            if call.answered_at is None:
                self.carry(call)
                continue
            now = time.time()
            ended = self._world.calls.change(
                call.sid,
                "ended",
                status="completed",
                ended_at=now,
                duration_s=round(now - call.answered_at),
                by="restart",
            )
            if ended is not None:
                self._world.client.tell(ended)

    async def stop(self) -> None:
        """Cut all lines; what is not over waits for the next start."""
        lives = list(self._lives)
        self.clear()
        for life in lives:
            with suppress(asyncio.CancelledError):
                await life

    def clear(self) -> None:
        """Forget all that is under way."""
        for life in self._lives:
            life.cancel()
        self._lines.clear()
        self._pace.clear()

    async def _carried(self, sid: str, life: Life, *, queued_s: float) -> None:
        try:
            await life.live(queued_s=queued_s)
        finally:
            self._lines.pop(sid, None)
