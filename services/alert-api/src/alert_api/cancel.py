"""Calls alerts off: from the commit on nothing of them is sent, but for an all-clear to those reached (invariant I3)."""

from datetime import datetime
from uuid import UUID

from alert_api.accept import validated
from alert_api.alert_changes import CancelPost
from alert_api.alert_states import locked, require_correctable, require_live
from alert_api.alert_times import default_expiry
from alert_api.once import Done, Outcome, Posting, once
from alert_api.problems import Problem
from alert_api.services import Services
from alert_api.sms_texts import texts_of
from alert_api.traces import note, ring
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_schemas.messages import AlertCancelled
from tocsin_schemas.words import Channel, Purpose, Severity
from tocsin_store import alerts, history, new_alerts
from tocsin_store.alerts import Alert
from tocsin_store.new_alerts import NewVersion
from tocsin_store.pool import Connection


async def cancel(posting: Posting, alert_id: UUID, *, services: Services) -> Outcome:
    """Cancel an alert, and say whether its bell has reached Kafka, or give the first answer again.

    Raises:
        Problem: `validation`, `not-found`, `alert-state`, `idempotency-…`; nothing has changed.
        DatabaseDownError: It may be cancelled: the same key tells.
    """
    now = services.now()
    outcome = await once(
        posting,
        lambda conn: _cancel(conn, posting, alert_id, now=now, settings=services.sms),
        services=services,
    )
    if not outcome.replayed:
        services.measures.cancelled.inc()
    return outcome


async def _cancel(
    conn: Connection, posting: Posting, alert_id: UUID, *, now: datetime, settings: SmsSettings
) -> Done:
    post, faults = validated(CancelPost, posting.body, now=now)
    if post is None:
        raise Problem("validation", faults=faults)
    alert = await locked(conn, alert_id, agency_id=posting.caller.agency_id)
    require_correctable(alert, now=now)
    if post.all_clear is None:
        require_live(alert)
    await alerts.cancel(conn, alert)
    version = alert.version
    if post.all_clear is not None:
        new = await _all_clear(conn, alert, post, now=now)
        await _require_short(conn, new, agency_id=posting.caller.agency_id, settings=settings)
        version = (await new_alerts.add_version(conn, alert, new)).version
    await history.note_cancel(conn, alert.id, version=version, at=now, reason=post.reason)
    bell = await ring(conn, AlertCancelled(alert_id=alert.id, alert_version=version))
    await note(conn, posting.caller, action="alert cancelled", subject=alert.id)
    answer = {
        "id": str(alert.id),
        "version": version,
        "state": "cancelled",
        "handover": "delayed",
        "cancelled_at": now.isoformat(),
    }
    return Done(answer, bell=bell)


async def _require_short(
    conn: Connection, new: NewVersion, *, agency_id: UUID, settings: SmsSettings
) -> None:
    if Channel.SMS in new.channels:
        texts = await texts_of(conn, new.body, agency_id=agency_id, settings=settings)
        if faults := texts.too_long(where="/all_clear"):
            raise Problem("validation", faults=faults)


async def _all_clear(conn: Connection, alert: Alert, post: CancelPost, *, now: datetime) -> NewVersion:
    severity = Severity(str(alert.body["severity"]))
    expires = default_expiry(severity, now=now)
    said = {
        "info": post.model_dump(mode="json")["all_clear"],
        "message_type": "cancel",
        "to": "reached",
        "effective": None,
        "acknowledge": False,
        "expires": expires.isoformat(),
    }
    return NewVersion(
        state="cancelled",
        lane=alert.lane,
        severity=severity,
        purpose=Purpose(str(alert.body["purpose"])),
        expires_at=expires,
        body={**alert.body, **said},
        shapes=(),
        channels=await alerts.channels_of(conn, alert.id),
        reached=True,
    )
