"""What Notify means by its answer to a new message, as data: by HTTP status, error and its words; first match wins.

Source of every row: docs.notifications.service.gov.uk, "Send a text message", "Error codes".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final

from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason

REST: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the table. `status` and `words` are regular expressions; words are found anywhere."""

    status: str
    error: str | None
    words: str
    of: OutcomeClass
    reason: Reason
    scope: Scope | None = None
    lasts: timedelta | None = None


_R, _O, _S = Reason, OutcomeClass, Scope
_ANY: Final = None

TABLE: Final = (
    Answer("400", _ANY, "team-only API key|trial mode", _O.PAUSE, _R.CONFIGURATION, _S.CHANNEL, REST),
    Answer("400", _ANY, "international", _O.PAUSE, _R.COUNTRY_REFUSED, _S.ROUTE),
    Answer("400", _ANY, "character count|too long", _O.DEFECT, _R.MESSAGE_TOO_BIG, _S.ALERT),
    Answer("400", _ANY, "sms_sender_id", _O.PAUSE, _R.SENDER_REFUSED, _S.SENDER),
    Answer("400", _ANY, "phone_number|[Pp]hone number", _O.SUPPRESS, _R.ADDRESS_INVALID),
    Answer("400", _ANY, "Cannot send|[Tt]emplate", _O.PAUSE, _R.CONFIGURATION, _S.CHANNEL, REST),
    Answer("400|405|406|415|422", _ANY, "", _O.DEFECT, _R.MESSAGE_DEFECT, _S.ALERT),
    Answer("401|403|404|3..", _ANY, "", _O.PAUSE, _R.CONFIGURATION, _S.CHANNEL, REST),
    Answer("408", _ANY, "", _O.RETRY_SAFE, _R.CONNECTION_LOST),
    Answer("429", "TooManyRequestsError", "", _O.PAUSE, _R.THROTTLED, _S.CHANNEL, timedelta(hours=1)),
    Answer("429", _ANY, "", _O.RETRY_SAFE, _R.THROTTLED),
    Answer("5..", _ANY, "", _O.AMBIGUOUS, _R.PROVIDER_BUSY),
    Answer("4..", _ANY, "", _O.PERMANENT, _R.UNKNOWN_CODE),
)


@cache
def _patterns() -> Sequence[tuple[re.Pattern[str], re.Pattern[str], Answer]]:
    return [(re.compile(row.status), re.compile(row.words), row) for row in TABLE]


def row_for(status: int, *, error: str, words: str) -> Answer:
    """What an answer other than 2xx means.

    Args:
        status: 300 to 599.
        error: Its `error`; empty where it has none.
        words: Its `message`.
    """
    for status_of, words_of, row in _patterns():
        if status_of.fullmatch(str(status)) and row.error in {None, error} and words_of.search(words):
            return row
    raise ValueError(status)
