"""From Twilio's answer to something new, a message or a call, to an outcome."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from tocsin_providers.http.answers import Object, object_of, text_of, wait_of, words_of
from tocsin_providers.row import Row
from tocsin_providers.twilio.client import RestResponse
from tocsin_providers.twilio.rest_table import UNKNOWN_REFUSAL
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_runtime.unknown_codes import UNKNOWN_CODES
from tocsin_schemas.words import Channel, Reason

_OK: Final = range(200, 300)
_ERRORS: Final = range(300, 600)
_MOST_CODES: Final = 1_000_000

RowFor = Callable[[int, int | None], Row]
"""What an HTTP status from 300 to 599, and a code of Twilio's, mean."""


def outcome_of(
    response: RestResponse, *, channel: Channel, row_for: RowFor, provider: str, now: datetime
) -> Outcome:
    """Say what an answer means for what was handed over.

    Args:
        response: The whole of it.
        channel: Whose codes are counted that no row names.
        row_for: Of what was handed over.
        provider: The account's name.
        now: For a `Retry-After` that is a date.
    """
    said = object_of(response.text)
    if response.status_code in _OK:
        return _taken(said, provider=provider, http=response.status_code)
    code = _code(said)
    status = str(response.status_code) if code is None else f"{response.status_code} {code}"
    row = row_for(response.status_code if response.status_code in _ERRORS else 500, code)
    if row is UNKNOWN_REFUSAL:
        UNKNOWN_CODES.labels(channel.value, "create", str(code or response.status_code)).inc()
    wait = wait_of(response.headers.get("Retry-After"), now=now)
    answer = words_of(f"{status} {text_of(said.get('message'))}")
    return Outcome(row.of, row.reason, status, row.scope, wait or row.lasts, provider, answer)


def _taken(said: Object, *, provider: str, http: int) -> Outcome:
    """It has it, if it says under which id; else nobody knows."""
    ref = text_of(said.get("sid"))
    if not ref:
        return Outcome(OutcomeClass.AMBIGUOUS, Reason.UNKNOWN_CODE, str(http), provider=provider)
    status = text_of(said.get("status")) or str(http)
    return Outcome(OutcomeClass.OK, provider_status=status, provider=provider, ref=ref)


def _code(said: Object) -> int | None:
    code = said.get("code")
    return code if isinstance(code, int) and 0 < code < _MOST_CODES else None
