"""What an SMTP answer means, as data: by phase, code and enhanced code; first match wins, each row has a source."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason


class Phase(StrEnum):
    """Where in a dialogue an answer, or its absence, came."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    FINAL_DOT = "final_dot"


ENVELOPE: Final = (Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.FINAL_DOT)
"""A message is on its way; before that there is only the relay."""

REST: Final = timedelta(seconds=30)
"""A refusal of us is believed this long: a probe that only greets would say all is well, and a login that is tried
again and again locks the account."""

AUTH_REST: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `code` and `enhanced` are regular expressions for the whole value; None: any."""

    phases: Sequence[Phase]
    code: str
    enhanced: str | None
    of: OutcomeClass
    reason: Reason
    source: str
    scope: Scope | None = None
    lasts: timedelta | None = None


_R, _O, _S = Reason, OutcomeClass, Scope
_RFC5321: Final = "RFC 5321 section 4.2"
_RFC3463: Final = "RFC 3463 section 3"
_RFC4954: Final = "RFC 4954 section 6"
_IANA: Final = "IANA SMTP Enhanced Status Codes registry"
_OPENING: Final = (Phase.CONNECT, Phase.GREETING, Phase.EHLO)
_TLS, _AUTH, _MAIL = (Phase.STARTTLS,), (Phase.AUTH,), (Phase.MAIL,)
_RCPT, _DATA, _DOT = (Phase.RCPT,), (Phase.DATA,), (Phase.FINAL_DOT,)
_NOT_RCPT: Final = (Phase.MAIL, Phase.DATA, Phase.FINAL_DOT)

_RELAY: Final = (
    Row(_OPENING, "4..", None, _O.PAUSE, _R.PROVIDER_UNREACHABLE, "RFC 5321 section 3.1", _S.CHANNEL),
    Row(
        _OPENING, "5..", None, _O.PAUSE, _R.CONFIGURATION, "RFC 7504; RFC 5321 section 3.1", _S.CHANNEL, REST
    ),
    Row(_TLS, "4..", None, _O.PAUSE, _R.PROVIDER_UNREACHABLE, "RFC 3207 section 4", _S.CHANNEL),
    Row(_TLS, "5..", None, _O.PAUSE, _R.CONFIGURATION, "RFC 3207 section 4", _S.CHANNEL, REST),
    Row(_AUTH, "432", None, _O.PAUSE, _R.CONFIGURATION, _RFC4954, _S.CHANNEL, REST),
    Row(_AUTH, "4..", None, _O.PAUSE, _R.PROVIDER_UNREACHABLE, _RFC4954, _S.CHANNEL, AUTH_REST),
    Row(_AUTH, "5..", None, _O.PAUSE, _R.CONFIGURATION, _RFC4954, _S.CHANNEL, REST),
    Row((*_MAIL, *_RCPT, *_DATA), "530", None, _O.PAUSE, _R.CONFIGURATION, _RFC4954, _S.CHANNEL, REST),
    Row(_MAIL, "521", None, _O.PAUSE, _R.CONFIGURATION, "RFC 7504 section 3", _S.CHANNEL, REST),
    Row(_DOT, "55[04]", r"5\.7\.(2[0-9]|30)", _O.PAUSE, _R.CONFIGURATION, _IANA, _S.CHANNEL, REST),
)
"""The relay, our credentials or our domain's records are at fault."""

_BUSY: Final = (
    Row(_RCPT, "421", None, _O.RETRY_SAFE, _R.PROVIDER_BUSY, "RFC 5321 section 3.8", _S.ROUTE),
    Row(_NOT_RCPT, "421", None, _O.RETRY_SAFE, _R.PROVIDER_BUSY, "RFC 5321 section 3.8"),
    Row(_RCPT, "45[01]", r"4\.(7\.1|2\.0)", _O.RETRY_SAFE, _R.GREYLISTED, "RFC 6647 section 2"),
    Row((*_RCPT, *_DOT), "45[02]", r"4\.2\.2", _O.RETRY_SAFE, _R.MAILBOX_FULL, _RFC3463),
    Row((*_RCPT, *_DOT), "55[02]", r"5\.2\.2", _O.RETRY_SAFE, _R.MAILBOX_FULL, "RFC 3463 section 3.3"),
    Row(_RCPT, "450", r"4\.2\.1", _O.RETRY_SAFE, _R.MAILBOX_DISABLED, _RFC3463),
    Row(_RCPT, "452", r"4\.5\.3", _O.RETRY_SAFE, _R.THROTTLED, _RFC3463),
    Row(_RCPT, "450", r"4\.7\.15", _O.RETRY_SAFE, _R.THROTTLED, "RFC 6710 section 5"),
    Row(
        (*_RCPT, *_DATA, *_DOT),
        "4..",
        r"4\.4\..*",
        _O.RETRY_SAFE,
        _R.DOMAIN_UNREACHABLE,
        "RFC 3463 section 3.5",
        _S.ROUTE,
    ),
    Row(ENVELOPE, "4..", None, _O.RETRY_SAFE, _R.PROVIDER_BUSY, _RFC5321),
)
"""Not now."""

_SENDER: Final = (
    Row(_MAIL, "501|55[0-4]", r"5\.1\.[78]|5\.7\.(1|27)", _O.PAUSE, _R.SENDER_REFUSED, _RFC3463, _S.SENDER),
)

_MESSAGE: Final = (
    Row((*_MAIL, *_DATA), "5..", r"5\.3\.4", _O.DEFECT, _R.MESSAGE_TOO_BIG, "RFC 1870 section 6", _S.ALERT),
    Row((*_MAIL, *_DOT), "552", None, _O.DEFECT, _R.MESSAGE_TOO_BIG, "RFC 1870 section 6", _S.ALERT),
    Row(_RCPT, "55[0-4]", r"5\.3\.4", _O.PERMANENT, _R.MESSAGE_TOO_BIG, "RFC 3463 section 3.4"),
    Row(_NOT_RCPT, "50[0-4]|555", None, _O.DEFECT, _R.MESSAGE_DEFECT, _RFC5321, _S.ALERT),
    Row(_NOT_RCPT, "5..", r"5\.5\..*", _O.DEFECT, _R.MESSAGE_DEFECT, _RFC3463, _S.ALERT),
    Row(_DOT, "55[04]", r"5\.7\.1|5\.6\..*", _O.PERMANENT, _R.SPAM, _RFC3463, _S.ALERT),
)
"""What we sent, not to whom."""

_ADDRESS: Final = (
    Row(_RCPT, "50[0-4]|555", None, _O.PERMANENT, _R.ADDRESS_INVALID, _RFC5321),
    Row(_RCPT, "5..", r"5\.5\..*", _O.PERMANENT, _R.ADDRESS_INVALID, _RFC3463),
    Row(_RCPT, "55[03]", r"5\.6\.7", _O.PERMANENT, _R.ADDRESS_INVALID, "RFC 6531 section 3.5"),
    Row(_RCPT, "55[013]", r"5\.1\.[136]", _O.SUPPRESS, _R.ADDRESS_UNKNOWN, _RFC3463),
    Row(_RCPT, "55[0136]", r"5\.1\.2|5\.4\.4", _O.SUPPRESS, _R.DOMAIN_UNREACHABLE, _RFC3463),
    Row(_RCPT, "55[0136]", r"5\.1\.10", _O.SUPPRESS, _R.DOMAIN_REFUSES_MAIL, "RFC 7505 section 4"),
    Row(_RCPT, "556", None, _O.SUPPRESS, _R.DOMAIN_REFUSES_MAIL, "RFC 7504 section 4"),
    Row(_RCPT, "55[03]", r"5\.7\.1[78]", _O.SUPPRESS, _R.OWNER_CHANGED, "RFC 7293 section 5"),
    Row(_RCPT, "55[0-4]", r"5\.2\.1", _O.PERMANENT, _R.MAILBOX_DISABLED, _RFC3463),
    # A destination that blames our sender is believed for itself alone: one site must not silence an agency.
    Row(_RCPT, "55[0-4]", r"5\.7\..*|5\.1\.[78]", _O.PERMANENT, _R.POLICY, _IANA, _S.ROUTE),
    Row(_RCPT, "55.", None, _O.PERMANENT, _R.MAILBOX_UNAVAILABLE, _RFC5321),
    Row(_DOT, "55[0-4]", r"5\.[12]\..*", _O.PERMANENT, _R.MAILBOX_UNAVAILABLE, _RFC3463),
)
"""This address, or whoever is behind it."""

_ELSE: Final = (
    Row(_MAIL, "55[0134]", None, _O.PAUSE, _R.SENDER_REFUSED, _RFC5321, _S.SENDER),
    Row((*_DATA, *_DOT), "55.", None, _O.PERMANENT, _R.POLICY, _RFC5321),
)

TABLE: Final = (*_RELAY, *_BUSY, *_SENDER, *_MESSAGE, *_ADDRESS, *_ELSE)


@lru_cache(maxsize=1_024)
def row_for(phase: Phase, *, code: str, enhanced: str | None) -> Row | None:
    """The first row that names this answer."""
    for code_of, enhanced_of, row in _patterns(phase):
        if code_of.fullmatch(code) and (
            enhanced_of is None or (enhanced is not None and enhanced_of.fullmatch(enhanced))
        ):
            return row
    return None


@cache
def _patterns(phase: Phase) -> Sequence[tuple[re.Pattern[str], re.Pattern[str] | None, Row]]:
    return [
        (re.compile(row.code), None if row.enhanced is None else re.compile(row.enhanced), row)
        for row in TABLE
        if phase in row.phases
    ]
