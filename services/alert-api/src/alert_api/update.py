"""New versions of alerts: what was not sent yet is superseded, those reached or a new audience get the correction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from alert_api.accept import answer_of, lane_of, validated
from alert_api.alert_changes import AlertUpdate
from alert_api.alert_post import Status
from alert_api.alert_states import found, locked, require_begun, require_correctable, require_no_answer
from alert_api.alert_times import default_expiry
from alert_api.audience import shapes_of
from alert_api.foretold import Foretold, composed_of, foretell, tell_all
from alert_api.once import Done, Outcome, Posting, once
from alert_api.problems import Fault, Problem
from alert_api.services import Services
from alert_api.settings import MessageSettings
from alert_api.sms_forecast import Place
from alert_api.traces import note, ring
from tocsin_schemas.messages import AlertUpdated
from tocsin_schemas.words import Channel, Purpose
from tocsin_store import alerts, new_alerts
from tocsin_store.alerts import Alert
from tocsin_store.estimates import Audience
from tocsin_store.geometry import Shape
from tocsin_store.new_alerts import NewVersion
from tocsin_store.pool import Connection


async def update(posting: Posting, alert_id: UUID, *, services: Services) -> Outcome:
    """Put a new version in force, and say whether its bell has reached Kafka, or give the first answer again.

    Raises:
        Problem: `validation`, `not-found`, `alert-state`, `idempotency-…`; nothing has changed.
        DatabaseDownError: It may be in force: the same key tells.
    """
    now = services.now()
    outcome = await once(
        posting,
        lambda conn: _update(conn, posting, alert_id, now=now, settings=services.sms),
        services=services,
    )
    if not outcome.replayed:
        services.measures.updated.labels(outcome.first.answer["lane"]).inc()
    return outcome


async def _update(
    conn: Connection, posting: Posting, alert_id: UUID, *, now: datetime, settings: MessageSettings
) -> Done:
    agency_id = posting.caller.agency_id
    before = await found(conn, alert_id, agency_id=agency_id)
    require_correctable(before, now=now)
    require_begun(before, now=now)
    require_no_answer(before)
    post, shapes = await _checked(conn, posting, before, now=now)
    channels = post.channels or await alerts.channels_of(conn, alert_id)
    new = _new_version(post, before, now=now, shapes=shapes, channels=channels)
    told = await _told(conn, new, before, agency_id=agency_id, now=now, settings=settings)
    # Locked only now: claims wait for it, and areas may take a while.
    before = await locked(conn, alert_id, agency_id=agency_id)
    require_correctable(before, now=now)
    _refuse(clashes(posting.content, before.body))
    channels = post.channels or await alerts.channels_of(conn, alert_id)
    new = _new_version(post, before, now=now, shapes=shapes, channels=channels)
    alert = await new_alerts.add_version(conn, before, replace(new, expected=told.expected))
    bell = await ring(conn, AlertUpdated(alert_id=alert.id, alert_version=alert.version, lane=alert.lane))
    await note(conn, posting.caller, action="alert updated", subject=alert.id)
    answer = answer_of(alert) | told.answer(currency=settings.sms_currency)
    return Done(answer, bell=bell)


async def _told(
    conn: Connection,
    new: NewVersion,
    before: Alert,
    *,
    agency_id: UUID,
    now: datetime,
    settings: MessageSettings,
) -> Foretold:
    """Its texts and calls. Those reached are not counted ahead: they are known once all are found."""
    composed = await composed_of(
        conn, new.body, channels=new.channels, agency_id=agency_id, settings=settings
    )
    place = Place(new.lane, now, now, new.expires_at)
    if new.reached:
        _refuse(composed.texts.too_long() if composed.texts else [])
        return await tell_all(conn, composed, None, place=lambda _: place, settings=settings)
    _refuse(composed.faults())
    audience = Audience(agency_id, new.purpose, new.severity, new.lane, new.shapes)
    return await foretell(
        conn, composed, audience, place=lambda _: place, settings=settings, replaces=before.id
    )


async def _checked(
    conn: Connection, posting: Posting, before: Alert, *, now: datetime
) -> tuple[AlertUpdate, list[Shape]]:
    post, faults = validated(AlertUpdate, posting.body, now=now)
    shapes, misplaced = await shapes_of(conn, posting.content)
    _refuse([*faults, *misplaced, *clashes(posting.content, before.body)])
    if post is None:  # it has faults then; the type does not know
        raise LookupError("faults")
    return post, shapes


def clashes(posted: object, before: Mapping[str, object]) -> list[Fault]:
    """Where an update departs from the version before it and may not, whatever else is wrong with it.

    Args:
        posted: The update as JSON, checked or not.
        before: The body of the version in force.
    """
    if not isinstance(posted, Mapping):
        return []
    faults: list[Fault] = []
    if _word(posted.get("status", "actual")) in set(Status) - {before["status"]}:
        faults.append(
            Fault("/status", "same_status", "An exercise stays one, and what is meant stays meant.")
        )
    if posted.get("to") == "reached" and _word(posted.get("purpose")) in set(Purpose) - {before["purpose"]}:
        faults.append(
            Fault("/purpose", "same_purpose", "Those reached have consented to the purpose it had before.")
        )
    return faults


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""  # what is no word is told of elsewhere


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise Problem("validation", faults=faults)


def _new_version(
    post: AlertUpdate, before: Alert, *, now: datetime, shapes: Sequence[Shape], channels: Sequence[Channel]
) -> NewVersion:
    expires = post.expires or default_expiry(post.severity, now=now)
    body = post.model_dump(mode="json")
    filled_in = {
        "message_type": "update",
        "areas": body["areas"] or before.body["areas"],
        "channels": list(channels),
        "expires": expires.isoformat(),
    }
    return NewVersion(
        state="live",
        lane=lane_of(post),
        severity=post.severity,
        purpose=post.purpose,
        expires_at=expires,
        body=body | filled_in,
        shapes=shapes,
        channels=channels,
        reached=post.to == "reached",
    )
