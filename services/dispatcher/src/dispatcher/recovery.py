"""Recovery: dead sessions and orphaned claims. What they held is unknown until resolved, never just sent again."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from dispatcher.barrier import VOID, Passage, ends_of_receipts, passage_of
from tocsin_runtime.kafka.admin import Observer
from tocsin_store import sessions, settle
from tocsin_store.pool import Pool

log = structlog.get_logger()

_LONGEST_GAP: Final = 2.5
"""Seconds between two looks beyond which nothing is concluded: a database that was away has killed nobody."""
_ORPHAN_MARGIN: Final = timedelta(seconds=10)

RECOVERED: Final = Counter("tocsin_claims_recovered_total", "Claims whose outcome was lost.", ["why"])
DIED: Final = Counter("tocsin_sessions_died_total", "Sessions whose heartbeat stood still.")
UNRECOVERED: Final = Gauge("tocsin_sessions_unrecovered", "Dead sessions that wait for the receipts barrier.")


class DeathWatch:
    """Marks sessions dead whose heartbeat this dispatcher itself has seen stand still."""

    def __init__(
        self, pool: Pool, *, dead_after: timedelta, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._dead_after = dead_after.total_seconds()
        self._seen: dict[int, tuple[datetime, float]] = {}
        self._looked_at = float("-inf")

    async def look(self) -> bool:
        """Read every heartbeat once; call it each second."""
        beats = await sessions.live_heartbeats(self._pool)
        now = self._clock()
        if now - self._looked_at > _LONGEST_GAP:
            self._seen = {}
        self._looked_at = now
        for session in self._silent(beats, now=now):
            if await sessions.mark_dead(self._pool, session, unless_after=beats[session]):
                DIED.inc()
                log.warning("session_died", session=session)
        return False

    def _silent(self, beats: Mapping[int, datetime], *, now: float) -> list[int]:
        moved = {session: (beat, now) for session, beat in beats.items()}
        self._seen = {
            session: last if (last := self._seen.get(session)) and last[0] == fresh[0] else fresh
            for session, fresh in moved.items()
        }
        return [session for session, (_, since) in self._seen.items() if now - since >= self._dead_after]


@dataclass(frozen=True, slots=True)
class Held:
    """Claims of one alert that a session holds: those before a moment; None: all."""

    alert_id: UUID
    session: int
    before: datetime | None


class Recovery:
    """Frees what dead sessions and lost claims hold, past the receipts barrier."""

    def __init__(self, pool: Pool, observer: Observer) -> None:
        self._pool = pool
        self._observer = observer
        self._barriers: dict[int, Mapping[int, int]] = {}
        self._orphans: tuple[Sequence[Held], Mapping[int, int]] | None = None

    async def recover_dead(self) -> bool:
        """One look at every dead session; frees those past their barrier."""
        dead = await sessions.dead_sessions(self._pool)
        UNRECOVERED.set(len(dead))
        self._barriers = {session: ends for session, ends in self._barriers.items() if session in dead}
        for session, died_at in dead.items():
            await self._recover(session, died_at=died_at)
        return False

    async def recover_orphans(self) -> bool:
        """Free claims that their session does not know of; takes two calls, a barrier between them."""
        if self._orphans is None:
            self._orphans = await self._found_orphans()
            return False
        orphans, ends = self._orphans
        passage = await self._passage(ends)
        if passage is Passage.PASSED:
            for orphan in orphans:
                await self._free(orphan, why="claim_lost")
        if passage is not Passage.AHEAD:
            self._orphans = None
        return False

    async def _found_orphans(self) -> tuple[Sequence[Held], Mapping[int, int]] | None:
        """Who holds what it does not know of, and the barrier behind which that is certain; None where nobody does."""
        orphans = [
            Held(alert_id, session, before)
            for alert_id in await settle.unsettled_alerts(self._pool)
            for session, before in (
                await sessions.orphans(self._pool, alert_id=alert_id, margin=_ORPHAN_MARGIN)
            ).items()
        ]
        if not orphans:
            return None
        ends = await ends_of_receipts(self._pool, self._observer, written_before=None)
        return None if ends is None else (orphans, ends)

    async def _recover(self, session: int, *, died_at: datetime) -> None:
        if session not in self._barriers:
            ends = await ends_of_receipts(self._pool, self._observer, written_before=died_at)
            if ends is None:
                return
            self._barriers[session] = ends
        passage = await self._passage(self._barriers[session])
        if passage is Passage.PASSED:
            for alert_id in await settle.unsettled_alerts(self._pool):
                await self._free(Held(alert_id, session, None), why="session_lost")
            await sessions.mark_recovered(self._pool, session)
        if passage is not Passage.AHEAD:
            del self._barriers[session]

    async def _passage(self, ends: Mapping[int, int]) -> Passage:
        passage = await passage_of(self._pool, self._observer, ends)
        if passage is Passage.VOID:
            VOID.inc()
            log.warning("barrier_void")
        return passage

    async def _free(self, held: Held, *, why: str) -> None:
        freed = await settle.recover_claims(
            self._pool, alert_id=held.alert_id, session=held.session, claimed_before=held.before
        )
        if freed:
            RECOVERED.labels(why).inc(freed)
            log.warning(
                "claims_recovered", session=held.session, alert=str(held.alert_id), count=freed, why=why
            )
