"""From an answer, or its absence, to an outcome: by phase, code, enhanced code and words, never by the code alone."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Final

from email_worker.provider_texts import provider_text
from email_worker.smtp_table import ENVELOPE, Phase, row_for
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_runtime.unknown_codes import UNKNOWN_CODES
from tocsin_schemas.words import Reason

_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?= |$)")
_LONGEST_ANSWER: Final = 300

_UNREACHABLE: Final = Outcome(OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE, scope=Scope.CHANNEL)
_NOT_TAKEN: Final = Outcome(OutcomeClass.RETRY_SAFE, Reason.CONNECTION_LOST)

LOST: Final[Mapping[Phase, Outcome]] = {
    **dict.fromkeys(set(Phase) - set(ENVELOPE), _UNREACHABLE),
    Phase.MAIL: _NOT_TAKEN,
    Phase.RCPT: Outcome(OutcomeClass.RETRY_SAFE, Reason.CONNECTION_LOST, scope=Scope.ROUTE),
    Phase.DATA: _NOT_TAKEN,
    Phase.FINAL_DOT: Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST),
}
"""No answer in time, or the connection went: before the final dot nothing was taken (RFC 5321 section 4.1.1.4).

While the recipient is looked at, it is the destination that is waited for.
"""

GARBLED: Final[Mapping[Phase, Outcome]] = {**LOST, Phase.RCPT: _NOT_TAKEN}
"""An unreadable or endless answer: nobody speaks like that for a destination, it is the relay."""


def enhanced_code(text: str) -> str | None:
    """The enhanced status code a reply text begins with (RFC 2034)."""
    found = _ENHANCED.match(text)
    return found.group() if found else None


def outcome_of(phase: Phase, *, code: int, text: str, provider: str | None = None) -> Outcome:
    """Say what an answer means for the message.

    Where code and enhanced code disagree on permanence, the answer to an envelope counts as transient; a refusal to
    let us in at all is judged by its code alone.

    Args:
        phase: What it answers.
        code: 200 to 599.
        text: Its first line, without the code.
        provider: The relay's name.
    """
    enhanced = enhanced_code(text)
    status = f"{code} {enhanced}" if enhanced else str(code)
    if phase is Phase.FINAL_DOT and 200 <= code < 300:  # noqa: PLR2004 - RFC 5321: positive completion
        return _taken(status, provider)
    of, reason, scope, lasts = _meaning(phase, code=code, enhanced=enhanced, text=text)
    return Outcome(of, reason, status, scope, lasts, provider, answer_of(f"{code} {text}"))


@lru_cache(maxsize=128)
def _taken(status: str, provider: str | None) -> Outcome:
    return Outcome(OutcomeClass.OK, None, status, provider=provider)


def answer_of(line: str) -> str:
    """What of an answer is kept: one line of printable characters, at most 300."""
    line = line[:_LONGEST_ANSWER].rstrip()
    return line if line.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in line)


def _meaning(
    phase: Phase, *, code: int, enhanced: str | None, text: str
) -> tuple[OutcomeClass, Reason, Scope | None, timedelta | None]:
    digits = str(code)
    if phase in ENVELOPE:
        words = provider_text(phase, code=digits, text=text)
        if words is not None:
            return OutcomeClass.PAUSE, words.reason, Scope.ROUTE, words.lasts
        if enhanced and enhanced[0] != digits[0]:
            return OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY, None, None
    row = row_for(phase, code=digits, enhanced=enhanced)
    if row is not None:
        return row.of, row.reason, row.scope, row.lasts
    UNKNOWN_CODES.labels("email", phase.value, digits).inc()
    return _fallback(phase, code)


def _fallback(phase: Phase, code: int) -> tuple[OutcomeClass, Reason, Scope | None, None]:
    """Judge by the first digit; a final dot that is neither accepted nor refused may have been taken."""
    if phase not in ENVELOPE:
        return OutcomeClass.PAUSE, Reason.UNKNOWN_CODE, Scope.CHANNEL, None
    if 500 <= code < 600:  # noqa: PLR2004 - RFC 5321: permanent negative completion
        return OutcomeClass.PERMANENT, Reason.UNKNOWN_CODE, None, None
    of = OutcomeClass.AMBIGUOUS if phase is Phase.FINAL_DOT else OutcomeClass.RETRY_SAFE
    return of, Reason.UNKNOWN_CODE, None, None
