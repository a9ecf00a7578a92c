"""Accepts alerts: all or nothing, once per Idempotency-Key (design, section 5.1)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from alert_api.alert_plan import Plans, faults_of_plan, planned, steps_of
from alert_api.alert_post import AlertPost, Body, Content
from alert_api.alert_times import default_expiry
from alert_api.audience import shapes_of
from alert_api.faults import faults_of
from alert_api.foretold import Composed, PlaceOf, composed_of, foretell
from alert_api.once import Outcome, Posting, alone, handed_over, in_flight, replayed
from alert_api.problems import Fault, Problem
from alert_api.services import Services
from alert_api.settings import MessageSettings
from alert_api.sms_forecast import Place
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import AlertAccepted
from tocsin_schemas.words import Channel, Lane, Severity
from tocsin_store import alerts, idempotency
from tocsin_store.accepting import UNBORN, Asked
from tocsin_store.estimates import Audience
from tocsin_store.geometry import Shape
from tocsin_store.new_alerts import NewAlert
from tocsin_store.pool import Connection

Posted = TypeVar("Posted", bound=Body)


async def accept(posting: Posting, key: str, *, services: Services) -> Outcome:
    """Store an alert and say whether its bell has reached Kafka, or give the first answer again.

    Raises:
        Problem: `validation`, `idempotency-mismatch`, `idempotency-in-flight`; nothing was stored.
        DatabaseDownError: It may have been stored: the same key tells.
    """
    agency_id = posting.caller.agency_id
    with alone(agency_id, key, services=services):
        outcome = await _stored(posting, key, services=services)
        if not outcome.replayed:
            services.measures.accepted.labels(outcome.first.answer["lane"]).inc()
        return await handed_over(outcome, agency_id, key, services=services)


async def _stored(posting: Posting, key: str, *, services: Services) -> Outcome:
    """Look and check first, and then store: no lock is held for a round trip."""
    async with services.database.connection() as conn:
        try:
            new, answer = await _foretold(conn, posting, services=services)
        except Problem:
            # It may have been accepted before it was to be refused: then that stands.
            first = await idempotency.find(conn, agency_id=posting.caller.agency_id, key=key)
            if first is None:
                raise
            return replayed(first, posting)
    bell = encode(AlertAccepted(alert_id=UNBORN, alert_version=1, lane=new.lane)).decode()
    answered = await services.acceptance_desk.put(
        Asked(new, key, posting.caller.key_id, posting.fingerprint, answer, bell)
    )
    if answered is None:
        raise in_flight()
    return replayed(answered.first, posting) if answered.replayed else Outcome(answered.first)


async def _foretold(
    conn: Connection, posting: Posting, *, services: Services
) -> tuple[NewAlert, dict[str, object]]:
    """What an alert is to be, and what is said of it, but for what the ledger gives it."""
    now, settings = services.now(), services.sms
    new, composed = await checked(conn, posting, now=now, settings=settings, plans=services.plans)
    told = await foretell(conn, composed, audience_of(new), place=place_of(new, now=now), settings=settings)
    handover = "now" if new.effective is None else "scheduled"
    answer = {"version": 1, "state": "live", "lane": new.lane, "handover": handover}
    return replace(new, expected=told.expected), answer | told.answer(currency=settings.sms_currency)


async def checked(
    conn: Connection, posting: Posting, *, now: datetime, settings: MessageSettings, plans: Plans
) -> tuple[NewAlert, Composed]:
    """What an alert is to be, and its texts and calls where it has any.

    Raises:
        Problem: `validation`, with every fault there is.
    """
    post, faults = validated(AlertPost, posting.body, now=now)
    shapes, misplaced = await shapes_of(conn, posting.content)
    if post is None:
        raise Problem("validation", faults=[*faults, *misplaced])
    new = _new_alert(planned(post, defaults=plans), shapes, agency_id=posting.caller.agency_id, now=now)
    composed = await composed_of(
        conn, new.body, channels=channels_of(new), agency_id=new.agency_id, settings=settings
    )
    lasts = new.expires_at - (new.effective or now)
    untimely = faults_of_plan(post.plan, lasts=lasts) if post.plan else []
    steps = [step.channels for step in post.plan or ()]
    if wrong := [*misplaced, *untimely, *composed.faults(steps=steps)]:
        raise Problem("validation", faults=wrong)
    return new, composed


def audience_of(new: NewAlert) -> Audience:
    """Whom it is meant for."""
    return Audience(new.agency_id, new.purpose, new.severity, new.lane, new.shapes)


def channels_of(new: NewAlert) -> list[Channel]:
    """Those of all its steps, each once."""
    return list(dict.fromkeys(channel for step in new.steps for channel in step.channels))


def place_of(new: NewAlert, *, now: datetime) -> PlaceOf:
    """Where its texts and calls stand: from the first step on that has the channel."""

    def place(channel: Channel) -> Place:
        begins = next(step.after for step in new.steps if channel in step.channels)
        return Place(new.lane, now, (new.effective or now) + begins, new.expires_at)

    return place


def _new_alert(post: AlertPost, shapes: Sequence[Shape], *, agency_id: UUID, now: datetime) -> NewAlert:
    effective = post.effective if post.effective and post.effective > now else None
    expires = post.expires or default_expiry(post.severity, now=effective or now)
    said = {"message_type": "alert", "to": "audience"}
    first, *later = steps_of(post)
    return NewAlert(
        agency_id=agency_id,
        lane=lane_of(post),
        severity=post.severity,
        purpose=post.purpose,
        expires_at=expires,
        body=post.model_copy(update={"expires": expires}).model_dump(mode="json") | said,
        shapes=shapes,
        channels=first.channels,
        later=later,
        effective=effective,
    )


def validated(model: type[Posted], body: bytes, *, now: datetime) -> tuple[Posted | None, list[Fault]]:
    """What a body says, or every fault in it."""
    try:
        return model.model_validate_json(body, context={"now": now}), []
    except ValidationError as error:
        return None, faults_of(error)


def lane_of(post: Content) -> Lane:
    """Severe, extreme or immediate overtakes (product rules)."""
    urgent = post.severity in {Severity.EXTREME, Severity.SEVERE} or post.urgency == "immediate"
    return Lane.URGENT if urgent else Lane.ROUTINE


def answer_of(alert: alerts.Alert) -> dict[str, object]:
    """What is said of a version just stored; `delayed` until Kafka has got its bell."""
    return {
        "id": str(alert.id),
        "version": alert.version,
        "state": alert.state,
        "lane": alert.lane,
        "handover": "delayed",
        "created_at": alert.created_at.isoformat(),
    }
