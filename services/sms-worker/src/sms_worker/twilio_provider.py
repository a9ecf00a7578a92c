"""Twilio: hands texts over, finds those whose answer was lost, asks what became of one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from urllib.parse import quote_plus

from yarl import URL

from sms_worker.answers import Object, listed, moment_of, object_of, text_of
from sms_worker.provider import Outgoing, Sought
from sms_worker.twilio_client import FORM, rest_client
from sms_worker.twilio_outcomes import outcome_of
from sms_worker.wire import TROUBLE, Once, Wire
from tocsin_providers.accounts import TwilioAccount, base_of
from tocsin_providers.report import Report
from tocsin_providers.twilio.statuses import CANCELED, FAILURES, report_of
from tocsin_runtime.clock import utc_now
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason
from tocsin_store.pool import UNAVAILABLE

_OK: Final = 200
_PAGE: Final = 50
_MOST_PAGES: Final = 20
_LONGEST_VALIDITY: Final = 36_000
"""Seconds that Twilio queues a message at most."""
_CLOCKS_DIFFER: Final = timedelta(minutes=1)
_SERVICE: Final = "MG"

Known = Callable[[str, Sequence[str]], Awaitable[frozenset[str]]]
"""Which of a provider's ids the ledger knows already."""


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
        self._wire = wire
        self._client = rest_client(account, wire=wire)
        self._base = base_of(account)
        accounts = URL(self._base) / "2010-04-01" / "Accounts"
        self._account = accounts / f"{account.account_sid}.json"
        self._messages = accounts / account.account_sid / "Messages.json"
        self._callback = f"&StatusCallback={quote_plus(callback_url)}%3Fr%3D"
        self._max_price = "" if max_price is None else f"&MaxPrice={max_price}"
        self._known = known

    async def send(self, text: Outgoing, *, may_begin: Callable[[], bool]) -> Outcome:
        """Create a message."""
        body = Once(self._form(text).encode(), content_type=FORM, may_begin=may_begin)
        try:
            response = await self._client.request_async("POST", self._messages, data=body)
        except TROUBLE:
            return body.lost(provider=self.name)
        return outcome_of(response, text=text, provider=self.name, now=utc_now())

    def _form(self, text: Outgoing) -> str:
        who = "MessagingServiceSid" if text.sender.startswith(_SERVICE) else "From"
        callback = f"{self._callback}{text.reference}" if text.reference else ""
        return (
            f"To=%2B{text.to[1:]}&{who}={quote_plus(text.sender)}"
            f"&ValidityPeriod={min(max(text.valid_for, 1), _LONGEST_VALIDITY)}"
            f"{self._max_price}{callback}&Body={_quoted(text.body)}"
        )

    async def find(self, sought: Sought) -> Outcome:
        """Look for a message of these words from this sender that the ledger does not know; failed ones do not count.

        Twilio gives no reference back, but whatever answered us is known by its id.
        """
        refs: dict[str, Object] = {}
        try:
            async for message in self._listed(sought):
                if _is(message, sought):
                    refs[text_of(message.get("sid"))] = message
            known = await self._known(self.name, list(refs)) if refs else frozenset()
        except (*TROUBLE, *UNAVAILABLE, ValueError):
            return Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST, provider=self.name)
        found = next((ref for ref in refs if ref not in known), None)
        if found is None:
            return Outcome(OutcomeClass.ABSENT, Reason.NOT_FOUND, provider=self.name)
        status = text_of(refs[found].get("status"))
        return Outcome(OutcomeClass.OK, provider_status=status, provider=self.name, ref=found)

    async def _listed(self, sought: Sought) -> AsyncIterator[Object]:
        """Messages to this number since then, newest first.

        Raises:
            ValueError: The answer is no list, or has no end.
        """
        page = self._messages.with_query({"To": sought.to, "PageSize": _PAGE})
        since = sought.since - _CLOCKS_DIFFER
        for _ in range(_MOST_PAGES):
            said = await self._got(page)
            for message in listed(said, "messages"):
                made = moment_of(message.get("date_created"))
                if made is not None and made < since:
                    return
                yield message
            following = text_of(said.get("next_page_uri"))
            if not following.startswith("/"):
                return
            page = URL(f"{self._base}{following}", encoded=True)
        raise ValueError("endless")

    async def status(self, ref: str) -> Report | None:
        """Fetch a message."""
        try:
            said = await self._got(self._messages.parent / "Messages" / f"{ref}.json")
        except (*TROUBLE, ValueError):
            return None
        code = said.get("error_code")
        return report_of(text_of(said.get("status")), None if code is None else str(code))

    async def probe(self) -> bool:
        """Fetch the account."""
        try:
            said = await self._got(self._account)
        except (*TROUBLE, ValueError):
            return False
        return said.get("status") == "active"

    async def close(self) -> None:
        """Close its connections."""
        await self._wire.close()

    async def _got(self, url: URL) -> Object:
        response = await self._client.request_async("GET", url)
        if response.status_code != _OK:
            raise ValueError(response.status_code)
        return object_of(response.text)


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
