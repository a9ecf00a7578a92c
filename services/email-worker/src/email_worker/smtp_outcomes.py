"""What an SMTP answer means, by phase: a table with its sources, first match wins, nothing is left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from prometheus_client import Counter

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason

UNKNOWN_CODES: Final = Counter(
    "tocsin_unknown_provider_code_total",
    "Answers that no row of a table names.",
    ["channel", "phase", "code"],
)


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


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `code` and `enhanced` are regular expressions for the whole value; None: any."""

    phases: Sequence[Phase]
    code: str
    enhanced: str | None
    of: OutcomeClass
    reason: Reason
    source: str


_RFC5321: Final = "RFC 5321 section 4.2"
_RFC3463: Final = "RFC 3463 section 3"
_IANA: Final = "IANA SMTP Enhanced Status Codes registry"
_ENVELOPE: Final = (Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.FINAL_DOT)
_OPENING: Final = (Phase.CONNECT, Phase.GREETING, Phase.EHLO)

TABLE: Final = (
    Row(_ENVELOPE, "421", None, OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY, "RFC 5321 section 3.8"),
    Row(_OPENING, "4..", None, OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE, "RFC 5321 section 3.1"),
    Row(_OPENING, "5..", None, OutcomeClass.PAUSE, Reason.CONFIGURATION, "RFC 7504; RFC 5321 section 3.1"),
    Row(
        (Phase.STARTTLS,), "4..", None, OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE, "RFC 3207 section 4"
    ),
    Row((Phase.STARTTLS,), "5..", None, OutcomeClass.PAUSE, Reason.CONFIGURATION, "RFC 3207 section 4"),
    Row((Phase.AUTH,), "454", None, OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE, "RFC 4954 section 6"),
    Row((Phase.AUTH,), "[45]..", None, OutcomeClass.PAUSE, Reason.CONFIGURATION, "RFC 4954 section 6"),
    Row((Phase.MAIL,), "552", r"5\.3\.4", OutcomeClass.DEFECT, Reason.MESSAGE_TOO_BIG, "RFC 1870 section 6"),
    Row((Phase.MAIL,), "530", None, OutcomeClass.PAUSE, Reason.CONFIGURATION, "RFC 4954 section 6"),
    Row(
        (Phase.MAIL,),
        "501|550|553",
        r"5\.1\.[78]|5\.7\.(1|27)",
        OutcomeClass.PAUSE,
        Reason.SENDER_REFUSED,
        _RFC3463,
    ),
    Row((Phase.MAIL,), "4..", None, OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY, _RFC5321),
    Row((Phase.MAIL,), "550|551|553|554", None, OutcomeClass.PAUSE, Reason.SENDER_REFUSED, _RFC5321),
    Row(
        (Phase.RCPT,),
        "45[01]",
        r"4\.(7\.1|2\.0)",
        OutcomeClass.RETRY_SAFE,
        Reason.GREYLISTED,
        "RFC 6647 section 2",
    ),
    Row((Phase.RCPT,), "45[02]", r"4\.2\.2", OutcomeClass.RETRY_SAFE, Reason.MAILBOX_FULL, _RFC3463),
    Row((Phase.RCPT,), "552|550", r"5\.2\.2", OutcomeClass.RETRY_SAFE, Reason.MAILBOX_FULL, _RFC3463),
    Row((Phase.RCPT,), "450", r"4\.2\.1", OutcomeClass.RETRY_SAFE, Reason.MAILBOX_DISABLED, _RFC3463),
    Row((Phase.RCPT,), "550", r"5\.2\.1", OutcomeClass.PERMANENT, Reason.MAILBOX_DISABLED, _RFC3463),
    Row((Phase.RCPT,), "452", r"4\.5\.3", OutcomeClass.RETRY_SAFE, Reason.THROTTLED, _RFC3463),
    Row((Phase.RCPT,), "450", r"4\.7\.15", OutcomeClass.RETRY_SAFE, Reason.THROTTLED, "RFC 6710 section 5"),
    Row((Phase.RCPT,), "4..", None, OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY, _RFC5321),
    Row((Phase.RCPT,), "55[013]", r"5\.1\.[136]", OutcomeClass.SUPPRESS, Reason.ADDRESS_UNKNOWN, _RFC3463),
    Row(
        (Phase.RCPT,),
        "550|556",
        r"5\.1\.(2|10)|5\.4\.4",
        OutcomeClass.SUPPRESS,
        Reason.DOMAIN_UNREACHABLE,
        "RFC 7505",
    ),
    Row(
        (Phase.RCPT,),
        "55[03]",
        r"5\.7\.1[78]",
        OutcomeClass.SUPPRESS,
        Reason.OWNER_CHANGED,
        "RFC 7293 section 5",
    ),
    Row(
        (Phase.RCPT,),
        "55[03]",
        r"5\.6\.7",
        OutcomeClass.PERMANENT,
        Reason.ADDRESS_INVALID,
        "RFC 6531 section 3.5",
    ),
    Row((Phase.RCPT,), "55[034]", r"5\.7\..*", OutcomeClass.PERMANENT, Reason.POLICY, _IANA),
    Row((Phase.RCPT,), "55[013]", None, OutcomeClass.PERMANENT, Reason.ADDRESS_UNKNOWN, _RFC5321),
    Row((Phase.RCPT,), "55[246]", None, OutcomeClass.PERMANENT, Reason.POLICY, _RFC5321),
    Row((Phase.DATA,), "4..", None, OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY, _RFC5321),
    Row((Phase.DATA,), "55[0-9]", None, OutcomeClass.PERMANENT, Reason.POLICY, _RFC5321),
    Row((Phase.FINAL_DOT,), "4..", None, OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY, _RFC5321),
    Row((Phase.FINAL_DOT,), "552", r"5\.(2\.3|3\.4)", OutcomeClass.DEFECT, Reason.MESSAGE_TOO_BIG, _RFC3463),
    Row((Phase.FINAL_DOT,), "55[04]", r"5\.7\.(2[0-9]|30)", OutcomeClass.PAUSE, Reason.CONFIGURATION, _IANA),
    Row((Phase.FINAL_DOT,), "55[04]", r"5\.7\.1|5\.6\..*", OutcomeClass.PERMANENT, Reason.SPAM, _RFC3463),
    Row((Phase.FINAL_DOT,), "55[0-9]", None, OutcomeClass.PERMANENT, Reason.POLICY, _RFC5321),
    Row(_ENVELOPE, "50[0-4]", None, OutcomeClass.DEFECT, Reason.MESSAGE_DEFECT, _RFC5321),
    Row(_ENVELOPE, "5..", r"5\.5\..*", OutcomeClass.DEFECT, Reason.MESSAGE_DEFECT, _RFC3463),
)

_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?= |$)")

LOST: Final = {
    Phase.CONNECT: Outcome(OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE),
    Phase.GREETING: Outcome(OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE),
    Phase.EHLO: Outcome(OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE),
    Phase.STARTTLS: Outcome(OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE),
    Phase.AUTH: Outcome(OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE),
    Phase.MAIL: Outcome(OutcomeClass.RETRY_SAFE, Reason.CONNECTION_LOST),
    Phase.RCPT: Outcome(OutcomeClass.RETRY_SAFE, Reason.CONNECTION_LOST),
    Phase.DATA: Outcome(OutcomeClass.RETRY_SAFE, Reason.CONNECTION_LOST),
    Phase.FINAL_DOT: Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST),
}
"""No answer, or an unreadable one: before the final dot nothing was taken (RFC 5321 section 4.1.1.4)."""


def enhanced_code(text: str) -> str | None:
    """The enhanced status code a reply text begins with (RFC 2034)."""
    found = _ENHANCED.match(text)
    return found.group() if found else None


def outcome_of(phase: Phase, *, code: int, text: str) -> Outcome:
    """Say what an answer means for the message.

    Where code and enhanced code disagree on permanence the answer counts as transient.
    """
    enhanced = enhanced_code(text)
    status = f"{code} {enhanced}" if enhanced else str(code)
    if phase is Phase.FINAL_DOT and 200 <= code < 300:  # noqa: PLR2004 - RFC 5321: positive completion
        return Outcome(OutcomeClass.OK, None, status)
    if enhanced and enhanced[0] != str(code)[0]:
        return Outcome(OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY, status)
    row = row_for(phase, code=str(code), enhanced=enhanced)
    if row is not None:
        return Outcome(row.of, row.reason, status)
    UNKNOWN_CODES.labels("email", phase.value, str(code)).inc()
    return Outcome(_fallback(phase, code), Reason.UNKNOWN_CODE, status)


def row_for(phase: Phase, *, code: str, enhanced: str | None) -> Row | None:
    """The first row that names this answer."""
    return next((row for row in TABLE if _matches(row, phase, code=code, enhanced=enhanced)), None)


def _matches(row: Row, phase: Phase, *, code: str, enhanced: str | None) -> bool:
    if phase not in row.phases or not re.fullmatch(row.code, code):
        return False
    return row.enhanced is None or bool(enhanced and re.fullmatch(row.enhanced, enhanced))


def _fallback(phase: Phase, code: int) -> OutcomeClass:
    if phase not in _ENVELOPE:
        return OutcomeClass.PAUSE
    return OutcomeClass.PERMANENT if 500 <= code < 600 else OutcomeClass.RETRY_SAFE  # noqa: PLR2004 - RFC 5321
