"""What Twilio reports of a message: its status and, where it failed, why."""

from collections.abc import Mapping
from typing import Final

from tocsin_providers.report import Report
from tocsin_providers.row import Row
from tocsin_providers.twilio.delivery_table import NO_CODE, UNKNOWN_FAILURE, UNKNOWN_REFUSAL, row_for
from tocsin_runtime.delivery.channel import OutcomeClass
from tocsin_runtime.unknown_codes import UNKNOWN_CODES
from tocsin_schemas.words import Reason

_ON_ITS_WAY: Final = (
    "accepted", "scheduled", "queued", "sending", "sent", "partially_delivered",
)  # fmt: skip
"""`sent` may be the last word, of carriers that tell no more (twilio.com/docs/messaging/api/message-resource)."""

SUCCESSES: Final[Mapping[str, Report]] = {
    **{status: Report(status, OutcomeClass.OK, final=False) for status in _ON_ITS_WAY},
    **{status: Report(status, OutcomeClass.OK) for status in ("delivered", "read")},
}
FAILURES: Final = ("undelivered", "failed")
CANCELED: Final = "canceled"
"""By somebody at Twilio's console: we do not."""

_UNKNOWN: Final = (NO_CODE, UNKNOWN_FAILURE, UNKNOWN_REFUSAL)
_DIGITS: Final = 6


def report_of(status: str, code: str | None = None) -> Report | None:
    """Say what a status means; None where it is none of a message we sent.

    Args:
        status: `MessageStatus`.
        code: `ErrorCode`, where there is one; what is no number counts as none.
    """
    if status == CANCELED:
        return Report(status, OutcomeClass.PERMANENT, Reason.OPERATOR)
    if status not in FAILURES:
        return SUCCESSES.get(status)
    number = number_of(code)
    row = UNKNOWN_FAILURE if status == "undelivered" else NO_CODE
    if number is not None:
        row = row_for(number)
    if row in _UNKNOWN:
        UNKNOWN_CODES.labels("sms", "delivery", str(number or "none")).inc()
    return failure(status if number is None else f"{status} {number}", row)


def number_of(code: str | None) -> int | None:
    """An `ErrorCode`; None where it is none."""
    plain = code is not None and code.isascii() and code.isdecimal() and len(code) <= _DIGITS
    return int(code) or None if plain and code else None


def failure(status: str, row: Row) -> Report:
    """What a row says of a message: what would stop an alert before it was taken fails one message after."""
    of = OutcomeClass.PERMANENT if row.of is OutcomeClass.DEFECT else row.of
    return Report(status, of, row.reason, row.scope, row.lasts, retries=row.retries, most=row.most)
