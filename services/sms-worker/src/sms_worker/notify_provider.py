"""GOV.UK Notify: three endpoints, a signed token with each request (docs.notifications.service.gov.uk)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic_core import to_json
from yarl import URL

from sms_worker.provider import Outgoing, Sought
from tocsin_providers.accounts import NotifyAccount, base_of
from tocsin_providers.http.answers import Object, listed, object_of, objects_of, text_of, wait_of, words_of
from tocsin_providers.http.wire import TROUBLE, Answer, Once, Wire
from tocsin_providers.notify.rest_table import row_for
from tocsin_providers.notify.statuses import REPORTS, report_of
from tocsin_providers.notify.token import request_token
from tocsin_providers.report import Report
from tocsin_runtime.clock import utc_now
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason

_OK: Final = range(200, 300)
_ERRORS: Final = range(300, 600)
_JSON: Final = "application/json"
_LONGEST: Final = 918
"""Characters that Notify takes."""
_TOKEN_LASTS: Final = timedelta(seconds=10)


class NotifyProvider:
    """One service. It has no expiry of its own: what it took it tries for 72 hours."""

    def __init__(self, account: NotifyAccount, *, wire: Wire) -> None:
        self.name = account.name
        self._account = account
        self._wire = wire
        self._notifications = URL(base_of(account)) / "v2" / "notifications"
        self._texts = self._notifications / "sms"
        self._headers: dict[str, str] = {}
        self._headers_until: datetime | None = None

    async def send(self, text: Outgoing, *, may_begin: Callable[[], bool]) -> Outcome:
        """Create a notification. What is too long for Notify waits for another provider."""
        if len(text.body) > _LONGEST:
            return Outcome(OutcomeClass.RETRY_SAFE, Reason.MESSAGE_TOO_BIG, provider=self.name)
        body = Once(to_json(self._request(text)), content_type=_JSON, may_begin=may_begin)
        try:
            answer = await self._wire.ask("POST", self._texts, headers=self._signed(), body=body)
        except TROUBLE:
            return body.lost(provider=self.name)
        return _outcome_of(answer, text=text, provider=self.name)

    def _request(self, text: Outgoing) -> Object:
        sender = self._account.sms_sender_ids.get(text.sender)
        return {
            "phone_number": text.to,
            "template_id": self._account.template_id,
            "personalisation": {"message": text.body},
            **({} if text.reference is None else {"reference": text.reference}),
            **({} if sender is None else {"sms_sender_id": sender}),
        }

    async def find(self, sought: Sought) -> Outcome:
        """Ask for every reference the attempt may have gone by; failed ones do not count."""
        try:
            pages = await asyncio.gather(*map(self._by_reference, sought.references))
        except (*TROUBLE, ValueError):
            return Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST, provider=self.name)
        for said in (said for page in pages for said in page):
            status = text_of(said.get("status"))
            report = REPORTS.get(status)
            if report is None or report.of is OutcomeClass.OK:
                ref = text_of(said.get("id"))
                return Outcome(OutcomeClass.OK, provider_status=status, provider=self.name, ref=ref)
        return Outcome(OutcomeClass.ABSENT, Reason.NOT_FOUND, provider=self.name)

    async def _by_reference(self, reference: str) -> list[Object]:
        said = await self._got(self._notifications.with_query(reference=reference))
        return listed(said, "notifications")

    async def status(self, ref: str) -> Report | None:
        """Fetch a notification."""
        try:
            said = await self._got(self._notifications / str(UUID(ref)))
        except (*TROUBLE, ValueError):
            return None
        return report_of(text_of(said.get("status")))

    async def probe(self) -> bool:
        """List notifications."""
        try:
            listed(await self._got(self._notifications.with_query(template_type="sms")), "notifications")
        except (*TROUBLE, ValueError):
            return False
        return True

    async def close(self) -> None:
        """Close its connections."""
        await self._wire.close()

    async def _got(self, url: URL) -> Object:
        answer = await self._wire.ask("GET", url, headers=self._signed())
        if answer.status not in _OK:
            raise ValueError(answer.status)
        return object_of(answer.text)

    def _signed(self) -> dict[str, str]:
        """Headers of a request; a token serves for ten of the thirty seconds that it is taken."""
        now = utc_now()
        if self._headers_until is None or not now < self._headers_until <= now + _TOKEN_LASTS:
            self._headers = {
                "Authorization": f"Bearer {request_token(self._account, now=now)}",
                "Accept": _JSON,
            }
            self._headers_until = now + _TOKEN_LASTS
        return self._headers


def _outcome_of(answer: Answer, *, text: Outgoing, provider: str) -> Outcome:
    said = object_of(answer.text)
    if answer.status in _OK:
        ref = text_of(said.get("id"))
        if not ref:
            return Outcome(OutcomeClass.AMBIGUOUS, Reason.UNKNOWN_CODE, str(answer.status), provider=provider)
        return Outcome(
            OutcomeClass.OK,
            provider_status="created",
            provider=provider,
            ref=ref,
            segments=text.segments,
            cost=text.cost,
        )
    first = next(iter(objects_of(said.get("errors"))), {})
    error, words = text_of(first.get("error")), text_of(first.get("message"))
    row = row_for(answer.status if answer.status in _ERRORS else 500, error=error, words=words)
    status = f"{answer.status} {error}" if error.isascii() and error.isalpha() else str(answer.status)
    wait = wait_of(answer.headers.get("Retry-After"), now=utc_now())
    kept = words_of(f"{answer.status} {error} {words}")
    return Outcome(row.of, row.reason, status, row.scope, wait or row.lasts, provider, kept)
