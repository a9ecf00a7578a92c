"""What big mailbox providers say in words only: their code alone would be retried, which makes it worse."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from email_worker.smtp_table import ENVELOPE, Phase
from tocsin_schemas.words import Reason


@dataclass(frozen=True, slots=True)
class ProviderText:
    """One line of the table: in these phases, with such a code, such a text holds the domain for so long."""

    phases: Sequence[Phase]
    code: str
    text: str
    """A regular expression, found anywhere in the first line; case does not matter."""
    reason: Reason
    lasts: timedelta
    source: str


_KUMO: Final = "KumoMTA community shaping rules, assets/community/shaping.toml of 2026-08-04"
_HALF_AN_HOUR: Final = timedelta(minutes=30)

PROVIDER_TEXTS: Final = (
    ProviderText(ENVELOPE, "4..|553", r"\[TSS04\]", Reason.THROTTLED, timedelta(hours=2), _KUMO),
    ProviderText(ENVELOPE, "4..|553", r"\[TSS05\]", Reason.THROTTLED, timedelta(hours=4), _KUMO),
    ProviderText(ENVELOPE, "4..|550", r"\bunusual rate\b", Reason.THROTTLED, _HALF_AN_HOUR, _KUMO),
    ProviderText(ENVELOPE, "4..", r"\bserver busy\b", Reason.PROVIDER_BUSY, _HALF_AN_HOUR, _KUMO),
    ProviderText(
        ENVELOPE,
        "4..|55[04]",
        r"\bon our block list\b|\bmessages from \S+ weren't sent\b",
        Reason.POLICY,
        timedelta(hours=2),
        _KUMO,
    ),
)

_ANY: Final = re.compile("|".join(f"(?:{row.text})" for row in PROVIDER_TEXTS), re.IGNORECASE)


def provider_text(phase: Phase, *, code: str, text: str) -> ProviderText | None:
    """The row that knows these words; None mostly."""
    if not _ANY.search(text):
        return None
    return next((row for row in PROVIDER_TEXTS if _says(row, phase, code=code, text=text)), None)


def _says(row: ProviderText, phase: Phase, *, code: str, text: str) -> bool:
    return (
        phase in row.phases
        and bool(re.fullmatch(row.code, code))
        and bool(re.search(row.text, text, re.IGNORECASE))
    )
