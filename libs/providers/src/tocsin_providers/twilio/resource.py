"""What Twilio keeps of an account, messages or calls: made, listed and fetched alike."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from yarl import URL

from tocsin_providers.accounts import TwilioAccount, base_of
from tocsin_providers.http.answers import Object, listed, moment_of, object_of, text_of
from tocsin_providers.http.wire import TROUBLE, Once, Wire
from tocsin_providers.twilio.client import FORM, RestResponse, rest_client
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason
from tocsin_store.pool import UNAVAILABLE

_OK: Final = 200
_PAGE: Final = 50
_MOST_PAGES: Final = 20
_CLOCKS_DIFFER: Final = timedelta(minutes=1)

Known = Callable[[str, Sequence[str]], Awaitable[frozenset[str]]]
"""Which of a provider's ids the ledger knows already."""


class TwilioResource:
    """One account's messages, or calls. Needs a running loop; `close` it."""

    def __init__(self, account: TwilioAccount, *, resource: str, wire: Wire, known: Known) -> None:
        self.name = account.name
        self._wire = wire
        self._known = known
        self._client = rest_client(account, wire=wire)
        self._base = base_of(account)
        self._pages = resource.lower()
        accounts = URL(self._base) / "2010-04-01" / "Accounts"
        self._account = accounts / f"{account.account_sid}.json"
        self._all = accounts / account.account_sid / f"{resource}.json"
        self._each = accounts / account.account_sid / resource

    async def create(self, form: str, *, may_begin: Callable[[], bool]) -> RestResponse | Outcome:
        """Make a new one, once or not at all; an outcome where no answer came."""
        body = Once(form.encode(), content_type=FORM, may_begin=may_begin)
        try:
            return await self._client.request_async("POST", self._all, data=body)
        except TROUBLE:
            return body.lost(provider=self.name)

    async def find(
        self, asked: Mapping[str, str], *, since: datetime, is_it: Callable[[Object], bool]
    ) -> Outcome:
        """Look for one that the ledger does not know, among those that answer to this and were made since then.

        Twilio gives no reference back, but whatever answered us is known by its id.
        """
        refs: dict[str, Object] = {}
        try:
            async for one in self._listed(asked, since=since - _CLOCKS_DIFFER):
                if is_it(one):
                    refs[text_of(one.get("sid"))] = one
            known = await self._known(self.name, list(refs)) if refs else frozenset()
        except (*TROUBLE, *UNAVAILABLE, ValueError):
            return Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST, provider=self.name)
        found = next((ref for ref in refs if ref not in known), None)
        if found is None:
            return Outcome(OutcomeClass.ABSENT, Reason.NOT_FOUND, provider=self.name)
        status = text_of(refs[found].get("status"))
        return Outcome(OutcomeClass.OK, provider_status=status, provider=self.name, ref=found)

    async def has(
        self, asked: Mapping[str, str], *, since: datetime, is_it: Callable[[Object], bool]
    ) -> bool | None:
        """Whether there is such a one among those that answer to this and were made since then; None: it does not say."""
        try:
            async for one in self._listed(asked, since=since):
                if is_it(one):
                    return True
        except (*TROUBLE, ValueError):
            return None
        return False

    async def _listed(self, asked: Mapping[str, str], *, since: datetime) -> AsyncIterator[Object]:
        """Such as were made since then, newest first.

        Raises:
            ValueError: The answer is no list, or has no end.
        """
        page = self._all.with_query({**asked, "PageSize": _PAGE})
        for _ in range(_MOST_PAGES):
            said = await self._got(page)
            for one in listed(said, self._pages):
                made = moment_of(one.get("date_created"))
                if made is not None and made < since:
                    return
                yield one
            following = text_of(said.get("next_page_uri"))
            if not following.startswith("/"):
                return
            page = URL(f"{self._base}{following}", encoded=True)
        raise ValueError("endless")

    async def fetched(self, ref: str) -> Object | None:
        """One by its id; None where it does not say."""
        try:
            return await self._got(self._each / f"{ref}.json")
        except (*TROUBLE, ValueError):
            return None

    async def lets_us_in(self) -> bool:
        """Whether the account can be reached, and may be used."""
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
