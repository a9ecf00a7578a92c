"""What follows from reports: receipts on their way to Kafka, and holds on what is at fault, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from alert_api.call_reports import calls_over, heard_in, meaning_of
from tocsin_providers.accounts import Account
from tocsin_providers.notify import statuses as notify
from tocsin_providers.report import Report
from tocsin_providers.twilio import statuses as twilio
from tocsin_runtime.delivery import reports
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_runtime.delivery.decide import SMS, VOICE, Policy
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Reason
from tocsin_store import callbacks, lines, outbox, pauses
from tocsin_store.callbacks import Reported
from tocsin_store.pool import Connection

Reader = Callable[[str, str, str], Report | None]
"""What a provider, by name, means by a status and a code; None where there is no such status."""

_POLICIES: Final[Mapping[Channel, Policy]] = {Channel.SMS: SMS, Channel.VOICE: VOICE}
_BELIEVED: Final = timedelta(minutes=1)
"""How long a hold is believed before it is probed, where the report does not say."""


def reader_of(accounts: Sequence[Account]) -> Reader:
    """Read what these accounts report."""
    kinds: Mapping[str, str] = {account.name: account.kind for account in accounts}

    def read(provider: str, status: str, code: str) -> Report | None:
        match kinds.get(provider):
            case "twilio":
                return twilio.report_of(status, code or None)
            case "notify":
                return notify.report_of(status)
        return None

    return read


async def keep_reports(conn: Connection, reported: Sequence[Reported], *, read: Reader) -> None:
    """Tell the merge of them, and put on hold what they show to be at fault."""
    heard = await heard_in(conn, reported)

    def meaning(each: Reported) -> Report | None:
        if each.channel is Channel.VOICE:
            return meaning_of(each, heard.get((each.provider, each.ref)))
        return read(each.provider, each.status, each.code)

    understood = [(each, report) for each in reported if (report := meaning(each)) is not None]
    receipts = [_receipt(each, report) for each, report in understood]
    if receipts:
        await outbox.keep_receipts(conn, receipts)
    for each, report in understood:
        if report.of is OutcomeClass.PAUSE:
            await _hold(conn, each, report)
    over = [report.final for _, report in understood]
    await lines.free(conn, calls_over(receipts, over=over))


def _receipt(each: Reported, report: Report) -> Receipt:
    about = reports.Reported(
        delivery_id=each.delivery_id,
        alert_id=each.alert_id,
        alert_version=each.alert_version,
        channel=each.channel,
        lane=each.lane,
        severity=each.severity,
        expires_at=each.expires_at,
        fence=each.fence,
        attempts=each.attempts,
        provider=each.provider,
        ref=each.ref,
    )
    return reports.report_receipt(report, of=about, policy=_POLICIES[each.channel], at=each.received_at)


async def _hold(conn: Connection, each: Reported, report: Report) -> None:
    for route in await _routes(conn, each, report.scope):
        await pauses.hold(
            conn,
            channel=each.channel,
            route=route,
            reason=report.reason or Reason.UNKNOWN_CODE,
            lasts=report.lasts or _BELIEVED,
        )


async def _routes(conn: Connection, each: Reported, scope: Scope | None) -> list[str]:
    match scope:
        case Scope.SENDER:
            return [pauses.sender_route(each.agency_id)]
        case Scope.ALERT:
            return [pauses.alert_route(each.alert_id)]
        case Scope.ROUTE:
            return await callbacks.routes(conn, [each.contact_point_id])
    return [pauses.provider_route(each.provider)]
