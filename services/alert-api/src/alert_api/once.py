"""Once per Idempotency-Key: what a POST does happens in one transaction, and a repeat gets the first answer."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final
from uuid import UUID

import structlog

from alert_api.database import DatabaseDownError
from alert_api.keys import Caller
from alert_api.problems import Problem
from alert_api.services import Services
from tocsin_store import idempotency
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
    """What to answer. `bell` is the outbox row whose way to Kafka `handover` tells of; None where none is waited for."""

    answer: Mapping[str, object]
    bell: int | None = None
    status: int = _ACCEPTED


@dataclass(frozen=True, slots=True)
class Outcome:
    """The first answer, given now or again."""

    first: FirstAnswer
    replayed: bool = False


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
    with alone(posting.caller.agency_id, posting.key, services=services):
        outcome = await _act_or_replay(posting, act, key=posting.key, services=services)
        return await handed_over(outcome, posting.caller.agency_id, posting.key, services=services)


@contextmanager
def alone(agency_id: UUID, key: str, *, services: Services) -> Iterator[None]:
    """Hold a key in this process.

    Raises:
        Problem: `idempotency-in-flight`.
    """
    holder = (agency_id, key)
    if holder in services.in_flight:
        raise in_flight()
    services.in_flight.add(holder)
    try:
        yield
    finally:
        services.in_flight.discard(holder)


async def _act_or_replay(posting: Posting, act: Act, *, key: str, services: Services) -> Outcome:
    agency_id = posting.caller.agency_id
    async with services.database.transaction() as conn:
        if not await idempotency.lock(conn, agency_id=agency_id, key=key):
            raise in_flight()
        first = await idempotency.find(conn, agency_id=agency_id, key=key)
        if first is None:
            done = await act(conn)
            if done.bell is not None:  # it is so nearly always; where not, `handed_over` takes it back
                done = replace(done, answer={**done.answer, "handover": "now"})
            outcome = _outcome(posting, done)
            await idempotency.remember(conn, outcome.first, agency_id=agency_id, key=key)
            return outcome
    return replayed(first, posting)


def replayed(first: FirstAnswer, posting: Posting) -> Outcome:
    """The first answer again.

    Raises:
        Problem: `idempotency-mismatch`.
    """
    if first.body_sha256 != posting.fingerprint:
        raise Problem("idempotency-mismatch")
    return Outcome(first, replayed=True)


def _outcome(posting: Posting, done: Done) -> Outcome:
    return Outcome(FirstAnswer(posting.fingerprint, done.status, done.answer, done.bell))


async def handed_over(outcome: Outcome, agency_id: UUID, key: str, *, services: Services) -> Outcome:
    """Wait for the bell that an answer tells of, and say and keep `delayed` where it does not reach Kafka in time.

    That holds for an answer that is given again, too: whoever should have given it first may have been killed.
    """
    bell, answer = outcome.first.bell, outcome.first.answer
    if bell is None or answer["handover"] != "now":
        return outcome
    if await services.relay.acknowledged(bell, within=services.handover_wait):
        return outcome
    late = {**answer, "handover": "delayed"}
    try:
        async with services.database.connection() as conn:
            if not await idempotency.amend_if_waiting(conn, late, bell=bell, agency_id=agency_id, key=key):
                return outcome
    except DatabaseDownError:
        # Done all the same; a replay will say whether it has reached Kafka by then.
        log.warning("answer_not_amended")
    return replace(outcome, first=replace(outcome.first, answer=late))


def in_flight() -> Problem:
    """Another request has this key."""
    return Problem("idempotency-in-flight", headers={"Retry-After": "1"})
