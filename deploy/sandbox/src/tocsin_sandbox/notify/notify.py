"""Notify's API, its version 2, over the texts of the sandbox."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import parse_qs

from tocsin_sandbox.notify.account import NotifyAccount, PerMinute
from tocsin_sandbox.notify.behaviour import NotifyBehaviour
from tocsin_sandbox.notify.create import Wanted, draft_of, number_of, problem, wanted_of
from tocsin_sandbox.notify.errors import error, not_found
from tocsin_sandbox.notify.listing import page
from tocsin_sandbox.notify.reports import receipt_post
from tocsin_sandbox.notify.resource import created, notification
from tocsin_sandbox.notify.tokens import refusal
from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.carrier import Carrier, Course
from tocsin_sandbox.phones.door import Answer, Operation, Request
from tocsin_sandbox.phones.rules import Phase, RuleBook
from tocsin_sandbox.phones.text import Provider, Text
from tocsin_sandbox.phones.texts import Texts

PREFIX: Final = "/v2/notifications"

_ONE: Final = re.compile(r"/v2/notifications/([0-9a-fA-F-]{36})")
_COURSE: Final = Course(underway="sending", arrived="delivered", failed="permanent-failure")


class Notify:
    """Understands requests, and reports what becomes of what it took."""

    def __init__(
        self,
        texts: Texts,
        *,
        callbacks: Callbacks,
        account: NotifyAccount,
        rules: RuleBook,
        dial: Dial[NotifyBehaviour],
    ) -> None:
        self.carrier = Carrier(texts, course=_COURSE, rules=rules, dial=dial, tell=self._tell)
        self._texts = texts
        self._callbacks = callbacks
        self._account = account
        self._rules = rules
        self._dial = dial
        self._limit = PerMinute()

    def understood(self, request: Request) -> Operation | Answer:
        """What it asks for."""
        account = self._account
        refused = refusal(
            request.headers.get(b"authorization"), service=account.service_id, key=account.api_key
        )
        if refused is not None:
            return refused
        base = f"http://{request.headers.get(b'host', b'').decode('latin-1')}"
        if request.path == f"{PREFIX}/sms" and request.method == "POST":
            return self._create_operation(request, base)
        if request.method != "GET":
            return error(405, "The method is not allowed for the requested URL.")
        if request.path == PREFIX:
            query = parse_qs(request.query)
            return Operation(Phase.LIST, self._number_of(query), partial(self._list, query, base))
        return self._fetch_operation(request, base)

    def error(self, status: int, *, code: int | str | None, text: str, retry_after_s: int | None) -> Answer:
        """An error in Notify's shape."""
        return error(status, text, name=code if isinstance(code, str) else None, retry_after_s=retry_after_s)

    def too_many(self) -> Answer:
        """429."""
        limit = self._dial.now.requests_per_minute
        return error(429, f"Exceeded rate limit for key type LIVE of {limit} requests per 60 seconds")

    def resume(self) -> None:
        """Carry on with what a restart left."""
        for text in self._texts.unfinished():
            if text.draft.provider is Provider.NOTIFY:
                self.carrier.carry(text)

    def _create_operation(self, request: Request, base: str) -> Operation | Answer:
        wanted = wanted_of(request.body)
        if isinstance(wanted, Answer):
            return wanted
        return Operation(
            Phase.CREATE, number_of(wanted), partial(self._create, wanted, base=base, begun=request.begun)
        )

    def _fetch_operation(self, request: Request, base: str) -> Operation | Answer:
        path = _ONE.fullmatch(request.path)
        text = self._texts.kept.get(path[1].lower()) if path else None
        if text is None or text.inbound or text.draft.provider is not Provider.NOTIFY:
            return not_found()
        return Operation(Phase.FETCH, text.phone, partial(self._shown, text.ref, base))

    async def _create(self, wanted: Wanted, *, base: str, begun: float) -> Answer:
        behaviour, account = self._dial.now, self._account
        limit = behaviour.requests_per_minute
        if limit is not None and self._limit.passed(limit):
            return self.too_many()
        wrong = problem(wanted, template=account.template_id, service=account.service_id, behaviour=behaviour)
        if wrong is not None:
            return wrong
        draft = draft_of(wanted, service=account.service_id, behaviour=behaviour, begun=begun)
        text = await self._texts.take(draft)
        if text is None:
            return error(500, "Internal server error")
        self.carrier.carry(text)
        return Answer.of(201, created(text, base=base, template=account.template_id))

    async def _list(self, query: Mapping[str, list[str]], base: str) -> Answer:
        account = self._account
        found = page(
            self._texts.kept, query, service=account.service_id, base=base, template=account.template_id
        )
        return Answer.of(200, found)

    async def _shown(self, ref: str, base: str) -> Answer:
        text = self._texts.kept.get(ref)
        if text is None:
            return not_found()
        return Answer.of(200, notification(text, base=base, template=self._account.template_id))

    def _number_of(self, query: Mapping[str, list[str]]) -> str:
        """Whose text a list asks for, where its reference says so."""
        reference = query.get("reference", [""])[0]
        text = next(self._texts.kept.of_reference(reference), None)
        return "" if text is None else text.phone

    def _tell(self, text: Text) -> None:
        url = self._dial.now.callback_url
        if text.final and url is not None:
            post = receipt_post(
                text, url, template=self._account.template_id, behaviour=self._dial.now, rules=self._rules
            )
            self._callbacks.post(post)
