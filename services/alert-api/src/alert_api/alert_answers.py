"""Alerts as they are shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from pydantic_core import to_json

from alert_api.call_hours import hours_in
from alert_api.sms_forecast import ends_at
from alert_api.sms_told import money
from alert_api.views import AlertSummary, HoldView, ProgressView, StepView, VersionView
from tocsin_schemas.words import Channel, State
from tocsin_store import agencies, estimates, history, progress, waves
from tocsin_store.alerts import Alert
from tocsin_store.pace import PACED
from tocsin_store.pool import Connection


async def full(conn: Connection, alert: Alert, *, agency_id: UUID, currency: str) -> dict[str, object]:
    """An alert as posted, how far it and its earlier versions are, and what it waits for."""
    now = await progress.read(conn, alert.id, alert_version=alert.version)
    steps = await waves.read(conn, alert.id, version=alert.version)
    versions = await history.read(conn, alert.id)
    unfinished = [name for name, states in now.channels.items() if states.get(State.PENDING)]
    holds = await progress.holds(conn, alert.id, channels=unfinished) if alert.open else []
    etas = {name: _eta(now, now.channels[name][State.PENDING]) for name in unfinished}
    for channel in PACED & etas.keys():
        etas[channel] = await _paced_eta(conn, alert.id, agency_id=agency_id, channel=channel, now=now.as_of)
    waiting_for = [
        HoldView.model_validate(
            {"channel": hold.channel, "route": hold.route, "why": hold.reason, "until": hold.until}
        )
        for hold in holds
    ]
    return {
        "message_type": "alert",
        "to": "audience",
        "acknowledge": False,
        **alert.body,
        "id": str(alert.id),
        "version": alert.version,
        "state": alert.state,
        "lane": alert.lane,
        "created_at": alert.created_at.isoformat(),
        "answers": None if alert.answers is None else str(alert.answers),
        "versions": [_version(each, now=now, current=alert.version) for each in versions],
        "progress": _progress(now, steps, etas=etas, currency=currency).model_dump(mode="json"),
        "waiting_for": [hold.model_dump(mode="json") for hold in waiting_for],
    }


def summary(alert: Alert) -> AlertSummary:
    """An alert in a list."""
    info = alert.body["info"]
    headline = info[0]["headline"] if isinstance(info, list) else ""
    return AlertSummary.model_validate(
        {
            **alert.body,
            "id": alert.id,
            "version": alert.version,
            "state": alert.state,
            "lane": alert.lane,
            "created_at": alert.created_at,
            "headline": headline,
        }
    )


def entity_tag(answer: dict[str, object]) -> str:
    """Weak: the same as long as nothing but the clock has moved."""
    shown = answer["progress"]
    still = (
        {name: value for name, value in shown.items() if name not in {"as_of", "rate_per_s", "eta"}}
        if isinstance(shown, dict)
        else {}
    )
    return f'W/"{sha256(to_json({**answer, "progress": still})).hexdigest()[:32]}"'


def _version(each: history.VersionCounts, *, now: progress.Progress, current: int) -> dict[str, object]:
    states = now.states if each.version == current else each.states  # says what `progress` says
    return VersionView.model_validate(
        {
            "version": each.version,
            "message_type": each.message_type,
            "created_at": each.created_at,
            "to": each.to,
            "deliveries": sum(states.values()),
            "states": states,
        }
    ).model_dump(mode="json")


def _progress(
    now: progress.Progress,
    steps: Sequence[waves.StepProgress],
    *,
    etas: Mapping[str, datetime | None],
    currency: str,
) -> ProgressView:
    return ProgressView.model_validate(
        {
            "version": now.version,
            "as_of": now.as_of,
            "members": now.members,
            "deliveries": now.deliveries,
            "states": now.states,
            "channels": now.channels,
            "rate_per_s": now.rate_per_s,
            "eta": {name: at for name, at in etas.items() if at is not None},
            "segments": now.segments,
            "cost": money(now.cost, currency=currency),
            "steps": [StepView.model_validate(step) for step in steps],
        }
    )


def _eta(now: progress.Progress, pending: int) -> datetime | None:
    if not pending or not now.rate_per_s:
        return None
    return now.as_of + timedelta(seconds=pending / now.rate_per_s)


async def _paced_eta(
    conn: Connection, alert_id: UUID, *, agency_id: UUID, channel: Channel, now: datetime
) -> datetime | None:
    agency = await agencies.find(conn, agency_id)
    if agency is None:
        return None
    waiting = await estimates.queue(conn, agency_id=agency_id, channel=channel)
    if channel is not Channel.VOICE:
        return ends_at(waiting, alert_id, now=now, limit=agency.sms_segments_per_s)
    hours = hours_in(await estimates.time_zone_of(conn, alert_id))
    return ends_at(waiting, alert_id, now=now, limit=agency.calls_per_s, hours=hours)
