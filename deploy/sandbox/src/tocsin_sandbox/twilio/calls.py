"""Twilio's Calls API, its 2010-04-01 version, over the calls of the sandbox."""

import re
import time
from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.calls.call import Asked, Call
from tocsin_sandbox.calls.calls import Calls
from tocsin_sandbox.calls.exchange import Exchange
from tocsin_sandbox.calls.line import Elsewhere
from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.door import Answer, Operation, Request
from tocsin_sandbox.phones.rules import Phase
from tocsin_sandbox.twilio.call_create import asked_of, call_form, problem
from tocsin_sandbox.twilio.call_listing import call_page
from tocsin_sandbox.twilio.call_resource import call_resource
from tocsin_sandbox.twilio.create import Form
from tocsin_sandbox.twilio.errors import error
from tocsin_sandbox.twilio.throttle import Throttle
from tocsin_sandbox.twilio.twilio import Speech, basic

_PATH: Final = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-zA-Z]+)/Calls(?:/(\w+))?\.json")
_RINGS: Final = frozenset({"queued", "initiated", "ringing"})


class TwilioCalls(Speech):
    """Understands requests about calls."""

    def __init__(
        self, calls: Calls, *, exchange: Exchange, tokens: Mapping[str, str], dial: Dial[CallsBehaviour]
    ) -> None:
        self._calls = calls
        self._exchange = exchange
        self._dial = dial
        self._throttle = Throttle()
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
            return self._of_list(request, account)
        return self._of_one(request, account, sid=path[2])

    def _of_list(self, request: Request, account: str) -> Operation | Answer:
        if request.method == "POST":
            form = call_form(request.body.decode("utf-8", "replace"))
            create = partial(self._create, form, account=account, begun=request.begun)
            return Operation(Phase.CREATE, form.get("To", ""), create)
        if request.method == "GET":
            query = dict(parse_qsl(request.query, keep_blank_values=True))
            return Operation(Phase.LIST, query.get("To", ""), partial(self._list, query, account=account))
        return error(20004)

    def _of_one(self, request: Request, account: str, *, sid: str) -> Operation | Answer:
        call = self._calls.get(sid)
        if call is None or call.asked.account != account:
            return error(20404, text=f"The requested resource {request.path} was not found")
        number = call.asked.to
        if request.method == "POST":
            form = call_form(request.body.decode("utf-8", "replace"))
            return Operation(Phase.UPDATE, number, partial(self._update, sid, form))
        if request.method == "GET":
            return Operation(Phase.FETCH, number, partial(self._shown, sid))
        return error(20004)

    async def _create(self, form: Form, *, account: str, begun: float) -> Answer:
        behaviour = self._dial.now
        wrong = problem(form, behaviour)
        if wrong is not None:
            return error(wrong)
        if behaviour.calls_at_once is not None and len(self._exchange) >= behaviour.calls_at_once:
            return error(10004, retry_after_s=1)
        if not self._throttle.lets_in(account, most=behaviour.creates_per_s, now=time.monotonic()):
            return error(20429, retry_after_s=1)
        return await self._taken(asked_of(form, account=account, begun=begun))

    async def _taken(self, asked: Asked) -> Answer:
        call = await self._calls.take(asked)
        if call is None:
            return error(20500)
        self._exchange.carry(call)
        return Answer.of(201, call_resource(call))

    async def _list(self, query: Form, *, account: str) -> Answer:
        try:
            return Answer.of(200, call_page(self._calls, query, account=account))
        except ValueError:
            return error(20001)

    async def _shown(self, sid: str) -> Answer:
        call = self._calls.get(sid)
        return error(20404) if call is None else Answer.of(200, call_resource(call))

    async def _update(self, sid: str, form: Form) -> Answer:
        call = self._calls.get(sid)
        if call is None:
            return error(20404)
        if call.final:
            return error(21220)
        wrong = self._obeyed(call, form)
        return error(wrong) if wrong is not None else await self._shown(sid)

    def _obeyed(self, call: Call, form: Form) -> int | None:
        """Do what the form says of a call that is not over; the code of what is wrong with it."""
        line, ringing = self._exchange.line(call.sid), call.status in _RINGS
        if line is None:
            return 21220
        match form.get("Status"):
            case "completed":
                line.hang_up("api")
            case "canceled":
                if ringing:
                    line.hang_up("api")
            case None if form.get("Url") or form.get("Twiml"):
                if ringing:
                    return 21220
                twiml = "" if form.get("Url") else form.get("Twiml", "")
                line.redirect(Elsewhere(form.get("Url", call.asked.url), form.get("Method", "POST"), twiml))
            case _:
                return 20001
        return None
