"""What Twilio means by its answer to a new message, as data: by error code, else by HTTP status.

What it says of accounts and of itself holds for calls, too; codes of calls alone are in `call_rest_table`.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Final

from tocsin_providers.row import Row
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason

REST: Final = timedelta(seconds=30)
"""A refusal of our account is believed this long, whatever a probe would say."""

_R, _O, _S = Reason, OutcomeClass, Scope
_ERRORS: Final = "twilio.com/docs/api/errors/"
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)

ACCOUNT: Final = (
    Row((20003,), _O.PAUSE, _R.CONFIGURATION, f"{_ERRORS}20003", _S.CHANNEL, REST),
    Row((20404,), _O.PAUSE, _R.CONFIGURATION, f"{_ERRORS}20404", _S.CHANNEL, REST),
    Row((21219, 21608, 572005, 573005), _O.PAUSE, _R.CONFIGURATION, f"{_ERRORS}572005", _S.CHANNEL, REST),
    Row((63017,), _O.PAUSE, _R.THROTTLED, f"{_ERRORS}63017", _S.CHANNEL, _MINUTE),
    Row((60728,), _O.PAUSE, _R.THROTTLED, f"{_ERRORS}60728", _S.CHANNEL, 10 * _MINUTE),
    Row((63038,), _O.PAUSE, _R.THROTTLED, f"{_ERRORS}63038", _S.CHANNEL, _HOUR),
)
"""Credentials, a trial account, or what it may send in a while."""

TWILIO: Final = (
    Row((20429,), _O.RETRY_SAFE, _R.THROTTLED, f"{_ERRORS}20429: not processed, safe to retry"),
    Row((20500,), _O.AMBIGUOUS, _R.PROVIDER_BUSY, f"{_ERRORS}20500"),
    Row((20503,), _O.AMBIGUOUS, _R.PROVIDER_BUSY, f"{_ERRORS}20503"),
    Row((21730,), _O.RETRY_SAFE, _R.PROVIDER_BUSY, f"{_ERRORS}21730: maintenance", None, 5 * _MINUTE),
)
"""Not now."""

_SENDER: Final = (
    Row((21212, 21401, 21603), _O.PAUSE, _R.SENDER_REFUSED, f"{_ERRORS}21401", _S.SENDER),
    Row((21606, 21659, 21660), _O.PAUSE, _R.SENDER_REFUSED, f"{_ERRORS}21606", _S.SENDER),
    Row((21703, 21704), _O.PAUSE, _R.SENDER_REFUSED, f"{_ERRORS}21703: a service without numbers", _S.SENDER),
    Row((21611,), _O.PAUSE, _R.THROTTLED, f"{_ERRORS}21611: its queue is full", _S.SENDER, 5 * _MINUTE),
)
"""The agency's number, name or Messaging Service."""

_REGION: Final = (Row((21408,), _O.PAUSE, _R.COUNTRY_REFUSED, f"{_ERRORS}21408", _S.ROUTE),)
"""A country that the account is not allowed to send to; also a sign of fraud."""

_MESSAGE: Final = (
    Row((21602, 21604, 21605), _O.DEFECT, _R.MESSAGE_DEFECT, f"{_ERRORS}21602", _S.ALERT),
    Row((21617,), _O.DEFECT, _R.MESSAGE_TOO_BIG, f"{_ERRORS}21617: over 1,600 characters", _S.ALERT),
)
"""What we sent, not to whom."""

_NUMBER: Final = (
    Row((21202, 21265), _O.SUPPRESS, _R.BARRED, f"{_ERRORS}21265: premium, blocked or short"),
    Row((21211, 21217), _O.SUPPRESS, _R.ADDRESS_INVALID, f"{_ERRORS}21211"),
    # Our own number among the members': one member must not stop the alert of all.
    Row((21266,), _O.SUPPRESS, _R.ADDRESS_INVALID, f"{_ERRORS}21266: To is From"),
    Row((21610,), _O.SUPPRESS, _R.OPTED_OUT, f"{_ERRORS}21610"),
    Row((21612,), _O.PERMANENT, _R.UNROUTABLE, f"{_ERRORS}21612"),
    Row((21614, 21635), _O.SUPPRESS, _R.NOT_MOBILE, f"{_ERRORS}21614; {_ERRORS}21635"),
)
"""This number, or whoever is behind it."""

TABLE: Final = (*ACCOUNT, *TWILIO, *_SENDER, *_REGION, *_MESSAGE, *_NUMBER)

STATUSES: Final = (
    Row(
        range(300, 400),
        _O.PAUSE,
        _R.CONFIGURATION,
        "RFC 9110 section 15.4: another address",
        _S.CHANNEL,
        REST,
    ),
    Row(
        (401, 403, 404),
        _O.PAUSE,
        _R.CONFIGURATION,
        "twilio.com/docs/usage/twilios-response",
        _S.CHANNEL,
        REST,
    ),
    Row((405, 422), _O.DEFECT, _R.MESSAGE_DEFECT, "twilio.com/docs/usage/twilios-response", _S.ALERT),
    Row((408,), _O.RETRY_SAFE, _R.CONNECTION_LOST, "RFC 9110 section 15.5.9: came incompletely"),
    Row((429,), _O.RETRY_SAFE, _R.THROTTLED, f"{_ERRORS}20429"),
    Row(
        range(500, 600),
        _O.AMBIGUOUS,
        _R.PROVIDER_BUSY,
        f"{_ERRORS}20500; 502 and 504 may have been passed on",
    ),
)
"""By HTTP status, where no code says more; a code that comes with 5xx is not believed."""

UNKNOWN_REFUSAL: Final = Row((), _O.PERMANENT, _R.UNKNOWN_CODE, "any other 4xx: this message will not do")


@cache
def _codes() -> dict[int, Row]:
    return {code: row for row in TABLE for code in row.codes}


@cache
def _statuses() -> dict[int, Row]:
    return {status: row for row in STATUSES for status in row.codes}


def row_for_code(code: int) -> Row | None:
    """The row that names this code."""
    return _codes().get(code)


def row_for(status: int, code: int | None) -> Row:
    """What an answer other than 2xx means.

    Args:
        status: 300 to 599.
        code: Of its body, if that has one.
    """
    return row_among(_codes(), status=status, code=code)


def row_among(codes: Mapping[int, Row], *, status: int, code: int | None) -> Row:
    """The same by a table of codes of one's own."""
    by_status = _statuses().get(status)
    by_code = codes.get(code) if code is not None and status < 500 else None  # noqa: PLR2004 - HTTP's own
    return by_code or by_status or UNKNOWN_REFUSAL
