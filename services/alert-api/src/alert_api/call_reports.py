"""What reports of calls mean: who answered, and how long they listened."""

import re
from collections.abc import Sequence
from typing import Final

from alert_api.callback_door import Form, first
from tocsin_providers.report import Report
from tocsin_providers.twilio.call_statuses import COMPLETED, FAILED, report_of_call
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, ReceiptKind
from tocsin_store import calls
from tocsin_store.callbacks import Reported
from tocsin_store.calls import Heard, Ref
from tocsin_store.lines import Ended
from tocsin_store.pool import Connection

_WORD: Final = re.compile(r"[a-z_]{1,32}")
_DIGITS: Final = re.compile(r"[0-9]{1,6}")


def answered_by(form: Form) -> str:
    """Twilio's word for who answered; empty where it does not say."""
    return _matching(_WORD, first(form, "AnsweredBy"))


def code_of(form: Form) -> str:
    """What is kept of a report beside its status: why the call failed; or who answered it, and for how many seconds."""
    status = first(form, "CallStatus")
    if status == COMPLETED:
        return f"{answered_by(form)} {_matching(_DIGITS, first(form, 'CallDuration'))}"
    return _matching(_DIGITS, first(form, "ErrorCode")) if status == FAILED else ""


async def heard_in(conn: Connection, reported: Sequence[Reported]) -> dict[Ref, Heard]:
    """Since when those calls among these were listened to that have ended."""
    return await calls.heard(
        conn,
        [
            (each.provider, each.ref)
            for each in reported
            if each.channel is Channel.VOICE and each.status == COMPLETED
        ],
    )


def meaning_of(each: Reported, heard: Heard | None) -> Report | None:
    """What a report of a call means; None where nothing follows from it."""
    if each.status != COMPLETED:
        return report_of_call(each.status, answered_by=None, heard_s=None, code=each.code)
    by, _, lasted = each.code.partition(" ")
    return report_of_call(
        each.status,
        answered_by=heard.by if heard and heard.by else by,
        heard_s=None if heard is None else _heard_s(each, heard, lasted=lasted),
        code=None,
    )


def calls_over(receipts: Sequence[Receipt], *, over: Sequence[bool]) -> list[Ended]:
    """Those that have ended and of which no more is known than that they were made: nothing else frees their lines."""
    return [
        Ended(each.delivery_id, each.fence)
        for each, ended in zip(receipts, over, strict=True)
        if ended and each.channel is Channel.VOICE and each.kind is ReceiptKind.ACCEPTED
    ]


def _heard_s(each: Reported, heard: Heard, *, lasted: str) -> float:
    """A report that is late must not make it longer than the whole call."""
    until_told = (each.received_at - heard.since).total_seconds()
    return min(until_told, float(lasted)) if lasted else until_told


def _matching(pattern: re.Pattern[str], value: str) -> str:
    return value if pattern.fullmatch(value) else ""
