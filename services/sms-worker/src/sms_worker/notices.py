"""Notices: said once, by the provider and from the sender that the word came to, and again only if certainly not said."""

from collections.abc import Collection, Mapping
from typing import Final

import structlog

from sms_worker.provider import Outgoing, Provider
from sms_worker.wording import notice_text
from tocsin_runtime.delivery.channel import OutcomeClass
from tocsin_runtime.numbers import is_allowed
from tocsin_runtime.sms.gsm7 import segments_of
from tocsin_schemas.words import Reason
from tocsin_store import notices
from tocsin_store.notices import Notice
from tocsin_store.pool import Pool

log = structlog.get_logger()

EVERY_SECONDS: Final = 1.0
_AT_ONCE: Final = 20
_VALID_FOR: Final = 3_600
"""Seconds; an answer that comes later than that is none."""
_NOT_SAID: Final = frozenset({OutcomeClass.RETRY_SAFE, OutcomeClass.PAUSE, OutcomeClass.LATE})


async def say_notices(pool: Pool, *, providers: Mapping[str, Provider], countries: Collection[str]) -> bool:
    """Say those that wait; whether there may be more at once.

    Raises:
        UNAVAILABLE: The database is. What was taken and not said then is not said.
    """
    taken = await notices.take(pool, limit=_AT_ONCE)
    given_back = False
    for notice in taken:
        outcome = await _said(notice, provider=providers.get(notice.provider), countries=countries)
        if outcome is None:
            given_back = True
            await notices.give_back(pool, notice.id)
        else:
            await notices.note_outcome(pool, notice.id, outcome=outcome)
    if taken:
        log.info("notices_said", count=len(taken))
    return len(taken) == _AT_ONCE and not given_back


async def _said(notice: Notice, *, provider: Provider | None, countries: Collection[str]) -> str | None:
    """Say one. Returns what became of it; None where it certainly was not said, and may be later."""
    if provider is None or notice.sms_from is None:
        return Reason.CONFIGURATION.value
    if not is_allowed(notice.address, countries=countries):
        return Reason.COUNTRY_REFUSED.value
    body = notice_text(notice.kind, agency=notice.agency_name, language=notice.language)
    text = Outgoing(
        to=notice.address,
        body=body,
        sender=notice.sms_from,
        reference=None,
        valid_for=_VALID_FOR,
        segments=segments_of(body).segments,
        cost=None,
    )
    outcome = await provider.send(text, may_begin=lambda: True)
    if outcome.of in _NOT_SAID:
        return None
    return outcome.provider_status or outcome.of.value
