"""What became of a text after Twilio took it, as data: by the error code of `undelivered` and `failed`."""

from datetime import timedelta
from functools import cache
from typing import Final

from tocsin_providers.row import Row
from tocsin_providers.twilio.rest_table import row_for_code
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason

_R, _O, _S = Reason, OutcomeClass, Scope
_ERRORS: Final = "twilio.com/docs/api/errors/"
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)

UNREACHABLE_RETRIES: Final = (300.0, 1_200.0, 3_600.0)
"""A handset that is off: after 5, 20 and 60 minutes."""
TWICE_MORE: Final = 3

TABLE: Final = (
    Row((30001,), _O.RETRY_SAFE, _R.THROTTLED, f"{_ERRORS}30001: queue overflow"),
    Row((30002,), _O.PAUSE, _R.CONFIGURATION, f"{_ERRORS}30002: suspended", _S.CHANNEL, 10 * _MINUTE),
    Row(
        (30003,),
        _O.RETRY_SAFE,
        _R.HANDSET_UNREACHABLE,
        f"{_ERRORS}30003",
        retries=UNREACHABLE_RETRIES,
        most=1 + len(UNREACHABLE_RETRIES),
    ),
    Row((30004,), _O.PERMANENT, _R.BLOCKED, f"{_ERRORS}30004"),
    Row((30005,), _O.PERMANENT, _R.ADDRESS_UNKNOWN, f"{_ERRORS}30005"),
    Row((30006,), _O.SUPPRESS, _R.NOT_MOBILE, f"{_ERRORS}30006: do not retry"),
    Row((30007,), _O.PERMANENT, _R.SPAM, f"{_ERRORS}30007: filtered", _S.ALERT),
    Row((30008,), _O.RETRY_SAFE, _R.CARRIER_FAULT, f"{_ERRORS}30008", most=TWICE_MORE),
    Row((30010,), _O.PERMANENT, _R.PRICE_LIMIT, f"{_ERRORS}30010: dearer than MaxPrice"),
    Row((30017,), _O.RETRY_SAFE, _R.CARRIER_FAULT, f"{_ERRORS}30017: congestion"),
    Row(
        (30018, 30024, 30032, 30034, 30035),
        _O.PAUSE,
        _R.SENDER_REFUSED,
        f"{_ERRORS}30024: not registered",
        _S.SENDER,
    ),
    Row((30019,), _O.PERMANENT, _R.MESSAGE_TOO_BIG, f"{_ERRORS}30019: too large for the carrier", _S.ALERT),
    Row((30022,), _O.PAUSE, _R.THROTTLED, f"{_ERRORS}30022: rate of the sender", _S.SENDER, _MINUTE),
    Row((30023, 30027), _O.PAUSE, _R.THROTTLED, f"{_ERRORS}30023: the day's cap", _S.SENDER, _HOUR),
    Row((30036,), _O.PERMANENT, _R.EXPIRED, f"{_ERRORS}30036: validity period"),
    Row((30410,), _O.AMBIGUOUS, _R.CARRIER_FAULT, f"{_ERRORS}30410: time-out, not retried by Twilio"),
    Row((30450, 30453), _O.PAUSE, _R.FRAUD_SUSPECTED, f"{_ERRORS}30450", _S.ROUTE, 30 * _MINUTE),
    Row((30454,), _O.PAUSE, _R.FRAUD_SUSPECTED, f"{_ERRORS}30454: cap of the account", _S.CHANNEL, _HOUR),
    Row((30500,), _O.AMBIGUOUS, _R.PROVIDER_BUSY, f"{_ERRORS}30500: internal error"),
)

NO_CODE: Final = Row((), _O.AMBIGUOUS, _R.UNKNOWN_CODE, "failed without a code: Twilio does not say at what")
UNKNOWN_REFUSAL: Final = Row((), _O.PERMANENT, _R.UNKNOWN_CODE, "any other 21xxx: Twilio did not send it")
UNKNOWN_FAILURE: Final = Row(
    (), _O.RETRY_SAFE, _R.UNKNOWN_CODE, "any other code of a delivery", most=TWICE_MORE
)

_REFUSALS: Final = range(21_000, 22_000)


@cache
def _codes() -> dict[int, Row]:
    return {code: row for row in TABLE for code in row.codes}


def row_for(code: int) -> Row:
    """What a code means that came after the message was taken.

    A Messaging Service takes a message before it looks at it: then the codes of a new message come here.
    """
    known = _codes().get(code) or row_for_code(code)
    return known or (UNKNOWN_REFUSAL if code in _REFUSALS else UNKNOWN_FAILURE)
