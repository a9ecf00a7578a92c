"""Accepts alerts: all or nothing, once per Idempotency-Key (design, section 5.1)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

import structlog
from pydantic import ValidationError

from alert_api.alert_post import AlertPost
from alert_api.alert_times import default_expiry
from alert_api.audience import shapes_of
from alert_api.database import DatabaseDownError
from alert_api.faults import faults_of
from alert_api.keys import Caller
from alert_api.problems import Fault, Problem
from alert_api.services import Services
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import AlertAccepted
from tocsin_schemas.topics import ALERTS
from tocsin_schemas.words import Lane, Severity
from tocsin_store import alerts, audit, idempotency, outbox
from tocsin_store.idempotency import FirstAnswer
from tocsin_store.pool import Connection

log = structlog.get_logger()

_ACCEPTED: Final = 202
_EVENT: Final = "io.tocsin.alert.accepted.v1"


@dataclass(frozen=True, slots=True)
class Posting:
    """A body that is JSON, under its key."""

    caller: Caller
    key: str
    body: bytes
    content: object

    @property
    def fingerprint(self) -> bytes:
        """Equal for bodies that say the same; order of fields and white space do not count."""
        return sha256(json.dumps(self.content, sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to answer; `bell` is the outbox row of an alert accepted just now."""

    first: FirstAnswer
    replayed: bool = False
    bell: int = 0


async def accept(posting: Posting, *, services: Services) -> Outcome:
    """Store an alert and say whether its bell has reached Kafka, or give the first answer again.

    Raises:
        Problem: `validation`, `idempotency-mismatch`, `idempotency-in-flight`; nothing was stored.
        DatabaseDownError: It may have been stored: the same key tells.
    """
    holder = (posting.caller.agency_id, posting.key)
    if holder in services.in_flight:
        raise _in_flight()
    services.in_flight.add(holder)
    try:
        outcome = await _store_or_replay(posting, services=services)
        return outcome if outcome.replayed else await _handed_over(outcome, posting, services=services)
    finally:
        services.in_flight.discard(holder)


async def _store_or_replay(posting: Posting, *, services: Services) -> Outcome:
    async with services.database.transaction() as conn:
        if not await idempotency.lock(conn, agency_id=posting.caller.agency_id, key=posting.key):
            raise _in_flight()
        first = await idempotency.find(conn, agency_id=posting.caller.agency_id, key=posting.key)
        if first is None:
            return await _store(conn, posting, now=services.now())
        if first.body_sha256 != posting.fingerprint:
            raise Problem("idempotency-mismatch")
        return Outcome(first, replayed=True)


async def _store(conn: Connection, posting: Posting, *, now: datetime) -> Outcome:
    alert = await alerts.insert(conn, await _checked(conn, posting, now=now))
    message = AlertAccepted(alert_id=alert.id, alert_version=alert.version, lane=alert.lane)
    bell = await outbox.append(
        conn, topic=ALERTS.name, key=alert.id, event_type=_EVENT, value=encode(message)
    )
    await audit.append(
        conn,
        agency_id=posting.caller.agency_id,
        actor=posting.caller.key_id,
        action="alert accepted",
        subject=str(alert.id),
    )
    first = FirstAnswer(posting.fingerprint, _ACCEPTED, _answer(alert))
    await idempotency.remember(conn, first, agency_id=posting.caller.agency_id, key=posting.key)
    return Outcome(first, bell=bell)


async def _checked(conn: Connection, posting: Posting, *, now: datetime) -> alerts.NewAlert:
    post, faults = _validated(posting.body, now=now)
    shapes, misplaced = await shapes_of(conn, posting.content)
    if post is None or misplaced:
        raise Problem("validation", faults=[*faults, *misplaced])
    expires = post.expires or default_expiry(post.severity, now=now)
    return alerts.NewAlert(
        agency_id=posting.caller.agency_id,
        lane=lane_of(post),
        severity=post.severity,
        purpose=post.purpose,
        expires_at=expires,
        body=post.model_copy(update={"expires": expires}).model_dump(mode="json"),
        shapes=shapes,
        channels=post.channels,
    )


def _validated(body: bytes, *, now: datetime) -> tuple[AlertPost | None, list[Fault]]:
    try:
        return AlertPost.model_validate_json(body, context={"now": now}), []
    except ValidationError as error:
        return None, faults_of(error)


def lane_of(post: AlertPost) -> Lane:
    """Severe, extreme or immediate overtakes (product rules)."""
    urgent = post.severity in {Severity.EXTREME, Severity.SEVERE} or post.urgency == "immediate"
    return Lane.URGENT if urgent else Lane.ROUTINE


async def _handed_over(outcome: Outcome, posting: Posting, *, services: Services) -> Outcome:
    services.measures.accepted.labels(outcome.first.answer["lane"]).inc()
    now = await services.relay.acknowledged(outcome.bell, within=services.handover_wait)
    answer = {**outcome.first.answer, "handover": "now"}
    try:
        async with services.database.connection() as conn:
            if not now and await outbox.waits(conn, outcome.bell):
                return outcome
            await idempotency.amend(conn, answer, agency_id=posting.caller.agency_id, key=posting.key)
    except DatabaseDownError:
        # Accepted all the same. The answer kept says `delayed`, so this one must, too.
        log.warning("answer_not_amended")
        return outcome
    return replace(outcome, first=replace(outcome.first, answer=answer))


def _answer(alert: alerts.Alert) -> dict[str, object]:
    return {
        "id": str(alert.id),
        "version": alert.version,
        "state": alert.state,
        "lane": alert.lane,
        "handover": "delayed",
        "created_at": alert.created_at.isoformat(),
    }


def _in_flight() -> Problem:
    return Problem("idempotency-in-flight", headers={"Retry-After": "1"})
