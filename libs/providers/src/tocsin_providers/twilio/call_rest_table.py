"""What Twilio means by its answer to a new call, or by the code of one that failed, as data."""

from functools import cache
from typing import Final

from tocsin_providers.row import Row
from tocsin_providers.twilio.rest_table import ACCOUNT, REST, TWILIO, row_among
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason

_R, _O, _S = Reason, OutcomeClass, Scope
_ERRORS: Final = "twilio.com/docs/api/errors/"

LATER: Final = (180.0,)
"""Seconds until a call that nobody heard is made once more."""
ONCE_MORE: Final = 2

_CALLER: Final = (
    Row(
        (10001, 10002, 10005), _O.PAUSE, _R.CONFIGURATION, f"{_ERRORS}10001; {_ERRORS}10005", _S.CHANNEL, REST
    ),
    Row((573002,), _O.PAUSE, _R.CONFIGURATION, f"{_ERRORS}573002: a trial account", _S.CHANNEL, REST),
    Row((10004,), _O.RETRY_SAFE, _R.THROTTLED, f"{_ERRORS}10004: too many calls at once"),
)
"""The account may not call, or not now."""

_SENDER: Final = (
    Row(
        (21210, 21212, 21213, 21401),
        _O.PAUSE,
        _R.SENDER_REFUSED,
        f"{_ERRORS}21210; {_ERRORS}21401",
        _S.SENDER,
    ),
    Row((13214,), _O.PAUSE, _R.SENDER_REFUSED, f"{_ERRORS}13214: the caller's number", _S.SENDER),
)
"""The agency's number."""

_REGION: Final = (
    Row((21203, 21215), _O.PAUSE, _R.COUNTRY_REFUSED, f"{_ERRORS}21215", _S.ROUTE),
    Row((13227, 32205), _O.PAUSE, _R.COUNTRY_REFUSED, f"{_ERRORS}13227; {_ERRORS}32205", _S.ROUTE),
)
"""A country that the account is not allowed to call; also a sign of fraud."""

_REQUEST: Final = (
    Row(
        (21200, 21205, 21206, 21207, 21208, 21209, 21218, 21609, 21626),
        _O.PAUSE,
        _R.CONFIGURATION,
        f"{_ERRORS}21200; {_ERRORS}21205: our address, or how we ask",
        _S.CHANNEL,
        REST,
    ),
    Row((21201,), _O.DEFECT, _R.MESSAGE_DEFECT, f"{_ERRORS}21201: no To", _S.ALERT),
)
"""What we asked for: it would be refused whoever is called."""

_NUMBER: Final = (
    Row(
        (21202, 21216), _O.SUPPRESS, _R.BARRED, f"{_ERRORS}21202; {_ERRORS}21216: premium or not to be called"
    ),
    Row((21211, 21217), _O.SUPPRESS, _R.ADDRESS_INVALID, f"{_ERRORS}21211; {_ERRORS}21217"),
    Row((13223, 13226), _O.SUPPRESS, _R.ADDRESS_INVALID, f"{_ERRORS}13223; {_ERRORS}13226: no such country"),
    # No carrier may be able to reach a number that exists: so it has two chances.
    Row((13224,), _O.SUPPRESS, _R.UNROUTABLE, f"{_ERRORS}13224: invalid, or no carrier reaches it"),
    Row((21214,), _O.PERMANENT, _R.UNROUTABLE, f"{_ERRORS}21214: cannot be reached"),
    Row((13225,), _O.PERMANENT, _R.BLOCKED, f"{_ERRORS}13225: restricted"),
)
"""This number, or whoever is behind it."""

TABLE: Final = (*ACCOUNT, *TWILIO, *_CALLER, *_SENDER, *_REGION, *_REQUEST, *_NUMBER)

NO_CODE: Final = Row(
    (),
    _O.RETRY_SAFE,
    _R.CARRIER_FAULT,
    "failed without a code: nobody heard it",
    retries=LATER,
    most=ONCE_MORE,
)
UNKNOWN_FAILURE: Final = Row(
    (), _O.RETRY_SAFE, _R.UNKNOWN_CODE, "any other code of a call that failed", retries=LATER, most=ONCE_MORE
)


@cache
def _codes() -> dict[int, Row]:
    return {code: row for row in TABLE for code in row.codes}


def row_for(status: int, code: int | None) -> Row:
    """What an answer other than 2xx means.

    Args:
        status: 300 to 599.
        code: Of its body, if that has one.
    """
    return row_among(_codes(), status=status, code=code)


def row_for_failure(code: int) -> Row:
    """What a code means that came after the call was taken: nobody was reached."""
    return _codes().get(code, UNKNOWN_FAILURE)
