"""Twilio's Messages API, its 2010-04-01 version, over the texts of the sandbox."""

import base64
import re
from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.carrier import Carrier, Course
from tocsin_sandbox.phones.door import Answer, Operation, Request
from tocsin_sandbox.phones.rules import Phase, RuleBook
from tocsin_sandbox.phones.text import Draft, Provider, Text
from tocsin_sandbox.phones.texts import Texts
from tocsin_sandbox.twilio.behaviour import TwilioBehaviour
from tocsin_sandbox.twilio.create import Form, draft_of, problem
from tocsin_sandbox.twilio.errors import USUAL, error, error_body
from tocsin_sandbox.twilio.listing import page
from tocsin_sandbox.twilio.reports import status_post
from tocsin_sandbox.twilio.resource import account_resource, resource
from tocsin_sandbox.twilio.stops import Stops

PREFIX: Final = "/2010-04-01/"

_PATH: Final = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-zA-Z]+)(?:(/Messages)(?:/(\w+))?)?\.json")
_COURSE: Final = Course(underway="sent", arrived="delivered", failed="failed", expired_code=30036)
_QUEUED: Final = frozenset({"queued", "accepted"})
_HOUR_S: Final = 3_600


class Speech:
    """Errors as Twilio says them, whatever was asked for."""

    def error(self, status: int, *, code: int | str | None, text: str, retry_after_s: int | None) -> Answer:
        """An error in Twilio's shape."""
        number = code if isinstance(code, int) else USUAL.get(status, 20500)
        return error_body(status, code=number, text=text, retry_after_s=retry_after_s)

    def too_many(self) -> Answer:
        """429."""
        return error(20429, retry_after_s=1)


class Twilio(Speech):
    """Understands requests, and reports what becomes of what it took."""

    def __init__(
        self,
        texts: Texts,
        *,
        callbacks: Callbacks,
        tokens: Mapping[str, str],
        rules: RuleBook,
        dial: Dial[TwilioBehaviour],
        stops: Stops,
    ) -> None:
        self.carrier = Carrier(texts, course=_COURSE, rules=rules, dial=dial, tell=self._tell)
        self._texts = texts
        self._callbacks = callbacks
        self._tokens = tokens
        self._rules = rules
        self._dial = dial
        self._stops = stops
        self._accounts = {basic(sid, token): sid for sid, token in tokens.items()}

    def understood(self, request: Request) -> Operation | Answer:
        """What it asks for."""
        account = self._accounts.get(request.headers.get(b"authorization", b""))
        if account is None:
            return error(20003)
        path = _PATH.fullmatch(request.path)
        if path is None or path[1] != account:
            return error(20404)
        if path[2] is None:
            return Operation(Phase.PROBE, "", partial(self._account, account))
        if path[3] is None:
            return self._of_list(request, account)
        return self._of_one(request, account, ref=path[3])

    def resume(self) -> None:
        """Carry on with what a restart left."""
        for text in self._texts.unfinished():
            if text.draft.provider is Provider.TWILIO:
                self.carrier.carry(text)

    def _of_list(self, request: Request, account: str) -> Operation | Answer:
        if request.method == "POST":
            form = _form(request.body.decode("utf-8", "replace"))
            begun = request.begun
            return Operation(
                Phase.CREATE, form.get("To", ""), partial(self._create, form, account=account, begun=begun)
            )
        if request.method == "GET":
            query = _form(request.query)
            return Operation(Phase.LIST, query.get("To", ""), partial(self._list, query, account=account))
        return error(20004)

    def _of_one(self, request: Request, account: str, *, ref: str) -> Operation | Answer:
        text = self._texts.kept.get(ref)
        if text is None or text.draft.account != account:
            return error(20404, text=f"The requested resource {request.path} was not found")
        if request.method == "POST":
            form = _form(request.body.decode("utf-8", "replace"))
            return Operation(Phase.UPDATE, text.phone, partial(self._update, text, form))
        if request.method == "GET":
            return Operation(Phase.FETCH, text.phone, partial(self._shown, ref))
        return error(20004)

    async def _create(self, form: Form, *, account: str, begun: float) -> Answer:
        behaviour = self._dial.now
        wrong = problem(form, behaviour)
        if wrong is not None:
            return error(wrong)
        draft = draft_of(form, account=account, behaviour=behaviour, begun=begun)
        if behaviour.obeys_stop and self._stops.stopped(draft.to, sender=draft.service or draft.sender):
            return error(21610)
        if self.carrier.wait_s(draft) > behaviour.queue_hours * _HOUR_S:
            return error(21611)
        return await self._taken(draft)

    async def _taken(self, draft: Draft) -> Answer:
        text = await self._texts.take(draft)
        if text is None:
            return error(20500)
        self.carrier.carry(text)
        return Answer.of(201, resource(text, self._dial.now))

    async def _list(self, query: Form, *, account: str) -> Answer:
        try:
            found = page(self._texts.kept, query, account=account, behaviour=self._dial.now)
        except ValueError:
            return error(20001)
        return Answer.of(200, found)

    async def _shown(self, ref: str) -> Answer:
        text = self._texts.kept.get(ref)
        return error(20404) if text is None else Answer.of(200, resource(text, self._dial.now))

    async def _update(self, text: Text, form: Form) -> Answer:
        if form.get("Status") == "canceled":
            moved = None
            if text.status in _QUEUED:
                moved = self._texts.move(text.ref, status="canceled", code=None, final=True)
            if moved is None:
                return error(30409)
            text = moved
        elif "Status" in form or form.get("Body") != "":
            return error(20001)
        if form.get("Body") == "":
            text = self._texts.redact(text)
        return Answer.of(200, resource(text, self._dial.now))

    async def _account(self, account: str) -> Answer:
        return Answer.of(200, account_resource(account))

    def _tell(self, text: Text) -> None:
        draft = text.draft
        token = self._tokens.get(draft.account)
        if draft.callback and token is not None:
            post = status_post(text, token=token, behaviour=self._dial.now, rules=self._rules)
            self._callbacks.post(post)


def _form(encoded: str) -> dict[str, str]:
    return dict(parse_qsl(encoded, keep_blank_values=True))


def basic(sid: str, token: str) -> bytes:
    """What an account shows in every request."""
    return b"Basic " + base64.b64encode(f"{sid}:{token}".encode())
