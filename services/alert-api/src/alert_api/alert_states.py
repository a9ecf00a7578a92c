"""In which states an alert may be changed."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alert_api.problems import Problem
from tocsin_store import alerts
from tocsin_store.alerts import Alert
from tocsin_store.pool import Connection

CORRECTABLE: Final = timedelta(days=7)
"""How long after it began those whom an alert reached may still be told more."""

_CANCELLED: Final = "It is cancelled, and stays so. Post a new alert where there is more to say."
_TOO_OLD: Final = (
    "It is completed and began more than 7 days ago. Post a new alert where there is more to say."
)
_NOT_BEGUN: Final = (
    "It has not begun, so there is nothing to correct. Cancel it, and post it anew as it should be."
)
_ANSWER: Final = "It answers a reply, and goes to nobody else. Post a new alert where there is more to say."
_COMPLETED: Final = (
    "It is completed: nothing of it is sent any more. Give all_clear to tell those it reached."
)


async def found(conn: Connection, alert_id: UUID, *, agency_id: UUID) -> Alert:
    """The agency's alert as it is.

    Raises:
        Problem: `not-found`.
    """
    return _existing(await alerts.find(conn, alert_id, agency_id=agency_id))


async def locked(conn: Connection, alert_id: UUID, *, agency_id: UUID) -> Alert:
    """The same, and nobody else changes it before the transaction ends."""
    return _existing(await alerts.lock(conn, alert_id, agency_id=agency_id))


def require_correctable(alert: Alert, *, now: datetime) -> None:
    """Refuse what nobody may be told more of.

    Raises:
        Problem: `alert-state`.
    """
    if alert.state == "cancelled":
        raise Problem("alert-state", _CANCELLED)
    if alert.state != "live" and now > alert.frozen_at + CORRECTABLE:
        raise Problem("alert-state", _TOO_OLD)


def require_begun(alert: Alert, *, now: datetime) -> None:
    """Refuse what has reached nobody because its time has not come.

    Raises:
        Problem: `alert-state`.
    """
    if alert.frozen_at > now:
        raise Problem("alert-state", _NOT_BEGUN)


def require_no_answer(alert: Alert) -> None:
    """Refuse what was meant for one: a new version could be for everybody, and no list shows answers.

    Raises:
        Problem: `alert-state`.
    """
    if alert.answers is not None:
        raise Problem("alert-state", _ANSWER)


def require_live(alert: Alert) -> None:
    """Refuse what is over.

    Raises:
        Problem: `alert-state`.
    """
    if alert.state != "live":
        raise Problem("alert-state", _CANCELLED if alert.state == "cancelled" else _COMPLETED)


def _existing(alert: Alert | None) -> Alert:
    if alert is None:
        raise Problem("not-found")
    return alert
