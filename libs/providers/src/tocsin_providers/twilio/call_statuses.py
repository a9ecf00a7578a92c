"""What Twilio reports of a call: its status, who answered it, how long that one listened, or why it failed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tocsin_providers.report import Report
from tocsin_providers.twilio.call_rest_table import (
    LATER,
    NO_CODE,
    ONCE_MORE,
    UNKNOWN_FAILURE,
    row_for_failure,
)
from tocsin_providers.twilio.statuses import CANCELED, failure, number_of
from tocsin_runtime.delivery.channel import OutcomeClass
from tocsin_runtime.unknown_codes import UNKNOWN_CODES
from tocsin_schemas.words import Reason, ReceiptKind

HEARD_S: Final = 10.0
"""A person who listened for so long has heard the message."""
UNHEARD_S: Final = 5.0
"""Whoever listened for less has not."""

HUMAN: Final = "human"
UNKNOWN: Final = "unknown"
AFTER_MACHINES: Final = ("machine_end_beep", "machine_end_silence", "machine_end_other")
"""A machine has said its greeting: now it records."""
_ANSWERED_BY: Final = (HUMAN, "machine_start", *AFTER_MACHINES, "fax", UNKNOWN)
"""twilio.com/docs/voice/answering-machine-detection."""

_BUSY_RETRIES: Final = (180.0, 600.0)
_MOST: Final = 1 + len(_BUSY_RETRIES)

COMPLETED: Final = "completed"
FAILED: Final = "failed"
STATUSES: Final[Mapping[str, Report]] = {
    **{
        status: Report(status, OutcomeClass.OK, final=False)
        for status in ("queued", "initiated", "ringing", "in-progress")
    },
    **{
        status: Report(status, OutcomeClass.RETRY_SAFE, reason, retries=_BUSY_RETRIES, most=_MOST)
        for status, reason in {"busy": Reason.LINE_BUSY, "no-answer": Reason.NO_ANSWER}.items()
    },
    CANCELED: Report(CANCELED, OutcomeClass.PERMANENT, Reason.OPERATOR),
}
"""Those that mean one thing (twilio.com/docs/voice/api/call-resource#call-status-values)."""


def report_of_call(
    status: str, *, answered_by: str | None, heard_s: float | None, code: str | None
) -> Report | None:
    """Say what a status means; None where it is none of a call we made. A key that was pressed is told elsewhere.

    Args:
        status: `CallStatus`.
        answered_by: `AnsweredBy`, where it is known; what is none of Twilio's values counts as unknown.
        heard_s: Seconds from the first word of the message to the end of the call; None where none was said.
        code: `ErrorCode` of a call that failed, where there is one; what is no number counts as none.
    """
    if status == COMPLETED:
        return _completed(answered_by if answered_by in _ANSWERED_BY else UNKNOWN, heard_s=heard_s or 0.0)
    if status == FAILED:
        return _failed(number_of(code))
    return STATUSES.get(status)


def is_over(status: str) -> bool:
    """Whether nothing of such a call rings, or will; one of which that is not known goes on."""
    report = report_of_call(status, answered_by=None, heard_s=None, code=None)
    return report is not None and report.final


def _completed(answered_by: str | None, *, heard_s: float) -> Report:
    """It was answered; whether anybody heard it is another matter."""
    status = f"{COMPLETED} {answered_by}"
    if heard_s < UNHEARD_S:
        return Report(
            status,
            OutcomeClass.RETRY_SAFE,
            Reason.NO_ANSWER,
            retries=LATER,
            most=ONCE_MORE,
            says=ReceiptKind.ACCEPTED,
        )
    if answered_by in AFTER_MACHINES:
        return Report(status, OutcomeClass.OK, says=ReceiptKind.VOICEMAIL)
    if answered_by == HUMAN and heard_s >= HEARD_S:
        return Report(status, OutcomeClass.OK)
    return Report(status, OutcomeClass.OK, says=ReceiptKind.ACCEPTED)


def _failed(code: int | None) -> Report:
    """It reached nobody, whatever its code leaves open."""
    row = NO_CODE if code is None else row_for_failure(code)
    if row is UNKNOWN_FAILURE:
        UNKNOWN_CODES.labels("voice", "delivery", str(code)).inc()
    report = failure(FAILED if code is None else f"{FAILED} {code}", row)
    return replace(report, of=OutcomeClass.RETRY_SAFE) if row.of is OutcomeClass.AMBIGUOUS else report
