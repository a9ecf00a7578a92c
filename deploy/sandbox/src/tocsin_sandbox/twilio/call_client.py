"""The client of a call as Twilio knows it: asked what to say, and told what became of it."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import aiohttp

from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.calls.call import Call
from tocsin_sandbox.calls.calls import Calls
from tocsin_sandbox.calls.conversation import Ask
from tocsin_sandbox.calls.twiml import NotTwiml
from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.rules import ActionType, Phase, RuleBook
from tocsin_sandbox.twilio.call_reports import detected_post, is_wanted, status_post, usual_fields
from tocsin_sandbox.twilio.reports import signed_headers

MAX_DOCUMENT: Final = 64 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)
_AT_ONCE: Final = 256


class TwilioClient:
    """Asks and tells as Twilio does, signed."""

    def __init__(
        self,
        calls: Calls,
        *,
        callbacks: Callbacks,
        tokens: Mapping[str, str],
        rules: RuleBook,
        dial: Dial[CallsBehaviour],
    ) -> None:
        self._calls = calls
        self._callbacks = callbacks
        self._tokens = tokens
        self._rules = rules
        self._dial = dial
        self._session: aiohttp.ClientSession | None = None

    def tell(self, call: Call) -> None:
        """Report the status it has now, where the client wants to know."""
        token = self._tokens.get(call.asked.account)
        if token is None or not is_wanted(call):
            return
        self._calls.reported(call.sid)
        self._callbacks.post(status_post(call, token=token, behaviour=self._dial.now, rules=self._rules))

    def tell_detected(self, call: Call, *, after_s: float) -> None:
        """Report who answered."""
        token = self._tokens.get(call.asked.account)
        if token is not None:
            behaviour = self._dial.now
            self._callbacks.post(
                detected_post(call, after_s=after_s, token=token, behaviour=behaviour, rules=self._rules)
            )

    async def document(self, call: Call, ask: Ask) -> bytes:
        """What to do next.

        Raises:
            NotTwiml: It could not be had.
        """
        action = self._rules.action(Phase.ASK, number=call.asked.to, lot=f"{call.sid} {ask.at.url}")
        if action is not None:
            await asyncio.sleep(action.delay_s)
            if action.type is ActionType.LOSE:
                raise NotTwiml(11200, "HTTP retrieval failure")
        fields = usual_fields(call) | dict(ask.tells)
        if ask.at.method == "GET":
            joint = "&" if "?" in ask.at.url else "?"
            return await self._fetched(call, "GET", f"{ask.at.url}{joint}{urlencode(fields)}", {})
        return await self._fetched(call, "POST", ask.at.url, fields)

    async def close(self) -> None:
        """Ask no more."""
        if self._session is not None:
            await self._session.close()

    async def _fetched(self, call: Call, method: str, url: str, fields: Mapping[str, str]) -> bytes:
        token = self._tokens.get(call.asked.account, "")
        headers = signed_headers(
            url, fields, token=token, key=f"{call.sid} {len(self._calls.transcript(call.sid))}"
        )
        body = urlencode(fields).encode() if fields else None
        try:
            async with self._open().request(method, url, data=body, headers=headers) as answer:
                document = await answer.content.read(MAX_DOCUMENT)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:  # a ValueError: the URL is none
            raise NotTwiml(11200, "HTTP retrieval failure") from error
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise NotTwiml(11200, f"HTTP retrieval failure: {answer.status}")
        if "xml" not in answer.content_type:
            raise NotTwiml(12300, "Invalid Content-Type")
        return document

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=_TIMEOUT,
                connector=aiohttp.TCPConnector(limit=_AT_ONCE),
                skip_auto_headers=["User-Agent"],
            )
        return self._session
