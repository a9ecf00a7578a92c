"""Once per Idempotency-Key: what a POST does happens in one transaction, and a repeat gets the first answer."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final
from uuid import UUID

import structlog

from alert_api.database import DatabaseDownError
from alert_api.keys import Caller
from alert_api.problems import Problem
from alert_api.services import Services
from tocsin_store import idempotency, outbox
from tocsin_store.idempotency import FirstAnswer
from tocsin_store.pool import Connection

log = structlog.get_logger()

_ACCEPTED: Final = 202


@dataclass(frozen=True, slots=True)
class Posting:
    """A body that is JSON, under its key."""

    caller: Caller
    key: str | None
    """None where the client gave none and the act may be repeated."""
    body: bytes
    content: object
    act: str = ""
    """What is done to what, where that is not a new alert: the same body elsewhere is another request."""

    @property
    def fingerprint(self) -> bytes:
        """Equal for bodies that say the same; order of fields and white space do not count."""
        return sha256((self.act + json.dumps(self.content, sort_keys=True)).encode()).digest()


@dataclass(frozen=True, slots=True)
class Done:
    """What to answer. `bell` is the outbox row whose way to Kafka `handover` tells of; 0 where none is waited for."""

    answer: Mapping[str, object]
    bell: int = 0
    status: int = _ACCEPTED


@dataclass(frozen=True, slots=True)
class Outcome:
    """The first answer, given now or again."""

    first: FirstAnswer
    replayed: bool = False
    bell: int = 0


Act = Callable[[Connection], Awaitable[Done]]


async def once(posting: Posting, act: Act, *, services: Services) -> Outcome:
    """Act in a transaction and keep the answer with it, or give the first answer again.

    Raises:
        Problem: `idempotency-mismatch`, `idempotency-in-flight`, or what `act` refuses; nothing was done.
        DatabaseDownError: It may have been done: the same key tells.
    """
    if posting.key is None:
        async with services.database.transaction() as conn:
            return _outcome(posting, await act(conn))
    holder = (posting.caller.agency_id, posting.key)
    if holder in services.in_flight:
        raise _in_flight()
    services.in_flight.add(holder)
    try:
        outcome = await _act_or_replay(posting, act, key=posting.key, services=services)
        return await _handed_over(outcome, holder, services=services) if outcome.bell else outcome
    finally:
        services.in_flight.discard(holder)


async def _act_or_replay(posting: Posting, act: Act, *, key: str, services: Services) -> Outcome:
    agency_id = posting.caller.agency_id
    async with services.database.transaction() as conn:
        if not await idempotency.lock(conn, agency_id=agency_id, key=key):
            raise _in_flight()
        first = await idempotency.find(conn, agency_id=agency_id, key=key)
        if first is None:
            outcome = _outcome(posting, await act(conn))
            await idempotency.remember(conn, outcome.first, agency_id=agency_id, key=key)
            return outcome
        if first.body_sha256 != posting.fingerprint:
            raise Problem("idempotency-mismatch")
        return Outcome(first, replayed=True)


def _outcome(posting: Posting, done: Done) -> Outcome:
    return Outcome(FirstAnswer(posting.fingerprint, done.status, done.answer), bell=done.bell)


async def _handed_over(outcome: Outcome, holder: tuple[UUID, str], *, services: Services) -> Outcome:
    now = await services.relay.acknowledged(outcome.bell, within=services.handover_wait)
    answer = {**outcome.first.answer, "handover": "now"}
    try:
        async with services.database.connection() as conn:
            if not now and await outbox.waits(conn, outcome.bell):
                return outcome
            await idempotency.amend(conn, answer, agency_id=holder[0], key=holder[1])
    except DatabaseDownError:
        # Done all the same. The answer kept says `delayed`, so this one must, too.
        log.warning("answer_not_amended")
        return outcome
    return replace(outcome, first=replace(outcome.first, answer=answer))


def _in_flight() -> Problem:
    return Problem("idempotency-in-flight", headers={"Retry-After": "1"})
