"""Twilio: hands texts over, finds those whose answer was lost, asks what became of one."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache, partial
from typing import Final
from urllib.parse import quote_plus

from sms_worker.provider import Outgoing, Sought
from tocsin_providers.accounts import TwilioAccount
from tocsin_providers.http.answers import Object, text_of
from tocsin_providers.http.wire import Wire
from tocsin_providers.report import Report
from tocsin_providers.twilio.created import outcome_of
from tocsin_providers.twilio.resource import Known, TwilioResource
from tocsin_providers.twilio.rest_table import row_for
from tocsin_providers.twilio.statuses import CANCELED, FAILURES, report_of
from tocsin_runtime.clock import utc_now
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Channel

_LONGEST_VALIDITY: Final = 36_000
"""Seconds that Twilio queues a message at most."""
_SERVICE: Final = "MG"


class TwilioProvider:
    """One account."""

    def __init__(
        self,
        account: TwilioAccount,
        *,
        wire: Wire,
        callback_url: str,
        max_price: Decimal | None,
        known: Known,
    ) -> None:
        self.name = account.name
        self._messages = TwilioResource(account, resource="Messages", wire=wire, known=known)
        self._callback = f"&StatusCallback={quote_plus(callback_url)}%3Fr%3D"
        self._max_price = "" if max_price is None else f"&MaxPrice={max_price}"

    async def send(self, text: Outgoing, *, may_begin: Callable[[], bool]) -> Outcome:
        """Create a message."""
        response = await self._messages.create(self._form(text), may_begin=may_begin)
        if isinstance(response, Outcome):
            return response
        outcome = outcome_of(
            response, channel=Channel.SMS, row_for=row_for, provider=self.name, now=utc_now()
        )
        if outcome.of is not OutcomeClass.OK:
            return outcome
        return replace(outcome, segments=text.segments, cost=text.cost)

    def _form(self, text: Outgoing) -> str:
        who = "MessagingServiceSid" if text.sender.startswith(_SERVICE) else "From"
        callback = f"{self._callback}{text.reference}" if text.reference else ""
        return (
            f"To=%2B{text.to[1:]}&{who}={quote_plus(text.sender)}"
            f"&ValidityPeriod={min(max(text.valid_for, 1), _LONGEST_VALIDITY)}"
            f"{self._max_price}{callback}&Body={_quoted(text.body)}"
        )

    async def find(self, sought: Sought) -> Outcome:
        """Look for a message of these words from this sender that the ledger does not know; failed ones do not count."""
        return await self._messages.find(
            {"To": sought.to}, since=sought.since, is_it=partial(_is, sought=sought)
        )

    async def status(self, ref: str) -> Report | None:
        """Fetch a message."""
        said = await self._messages.fetched(ref)
        if said is None:
            return None
        code = said.get("error_code")
        return report_of(text_of(said.get("status")), None if code is None else str(code))

    async def probe(self) -> bool:
        """Fetch the account."""
        return await self._messages.lets_us_in()

    async def close(self) -> None:
        """Close its connections."""
        await self._messages.close()


def _is(message: Object, sought: Sought) -> bool:
    """Whether it may be the one: what failed did not arrive, and is as good as absent."""
    senders = (message.get("from"), message.get("messaging_service_sid"))
    return (
        message.get("body") == sought.body
        and sought.sender in senders
        and text_of(message.get("direction")).startswith("outbound")
        and message.get("status") not in {*FAILURES, CANCELED}
    )


@lru_cache(maxsize=256)
def _quoted(body: str) -> str:
    """All who read a language get the same words."""
    return quote_plus(body)
