"""Overload: bytes of bodies under way are bounded before any is read, and a body must come in time (invariant I9)."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.types import Message, Receive

from alert_api.bodies import MAX_BYTES
from alert_api.measures import Measures
from alert_api.problems import Problem

_RETRY_AFTER: Final = {"Retry-After": "1"}


class InFlight:
    """How many bytes of bodies this process has in hand, by agency and in all."""

    def __init__(self, measures: Measures, *, per_agency: int, in_all: int) -> None:
        self._measures = measures
        self._per_agency = per_agency
        self._in_all = in_all
        self._held: Counter[UUID] = Counter()

    @contextmanager
    def holding(self, agency_id: UUID, *, size: int) -> Iterator[None]:
        """Count a body from before it is read until its request is answered, or its client has gone.

        Raises:
            Problem: `overload` where the agency has too much under way, `busy` where all have.
        """
        self._refuse(agency_id, size=size)
        self._count(agency_id, size)
        try:
            yield
        finally:
            self._count(agency_id, -size)

    def _refuse(self, agency_id: UUID, *, size: int) -> None:
        if not size:
            return
        if self._held[agency_id] + size > self._per_agency:
            self._measures.overloaded.labels("agency").inc()
            raise Problem("overload", headers=_RETRY_AFTER)
        if self._held.total() + size > self._in_all:
            self._measures.overloaded.labels("all").inc()
            raise Problem("busy", headers=_RETRY_AFTER)

    def _count(self, agency_id: UUID, size: int) -> None:
        self._held[agency_id] += size
        self._measures.body_bytes.inc(size)
        if not self._held[agency_id]:
            del self._held[agency_id]


def announced_bytes(request: Request) -> int:
    """How much a body may take in memory: its length, the most that is read of one that does not tell it."""
    if "transfer-encoding" in request.headers:
        return MAX_BYTES
    declared = request.headers.get("content-length", "0")
    return min(int(declared[:20]), MAX_BYTES) if declared.isdecimal() else 0


class TimelyBody:
    """Receives a request whose body must be here by a deadline: a trickle may not hold its place for ever."""

    def __init__(self, receive: Receive, *, within: timedelta) -> None:
        self._receive = receive
        self._deadline = asyncio.get_running_loop().time() + within.total_seconds()
        self._whole = False

    async def receive(self) -> Message:
        """Pass on the next message.

        Raises:
            Problem: `slow-body`; the connection closes with the answer.
        """
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise Problem("slow-body", headers={"Connection": "close"}) from None
        self._whole = not message.get("more_body", False)
        return message
