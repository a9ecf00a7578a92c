"""Twilio's own SDK, calling through the sandbox."""

from collections.abc import Mapping
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance

from tests.integration.sandbox.clients import PHONE, soon
from tests.integration.sandbox.script import Script
from tests.support.eventually import eventually

CALLER = "+447700900009"
ALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
ENDS = {"completed", "busy", "no-answer", "failed", "canceled"}

AT_ONCE: Mapping[str, object] = {"least": 0, "most": 0}
LISTENER: Mapping[str, object] = {"answers_after_s": AT_ONCE, "greeting_s": 0, "keys": []}
"""A person who answers at once and presses nothing."""
MACHINE: Mapping[str, object] = {**LISTENER, "who": "machine", "greeting_s": 5}
SWIFT: Mapping[str, object] = {"speed": 100, "calls_per_s": None, "callee": LISTENER, "callback_retry_s": 0}


def presses(*keys: str) -> Mapping[str, object]:
    """A person who presses these, prompt by prompt."""
    return {**LISTENER, "keys": keys, "key_share": 1, "key_after_s": AT_ONCE}


class Caller:
    """The SDK with a deadline on every request."""

    def __init__(self, client: Client, *, script: Script) -> None:
        self.client = client
        self.script = script

    async def create(self, to: str = PHONE, **values: Any) -> CallInstance:  # noqa: ANN401 - the SDK's arguments
        asked = {
            "from_": CALLER,
            "url": f"{self.script.url}/answer?r=d.1.m",
            "status_callback": f"{self.script.url}/status?r=d.1.m",
            "status_callback_event": ALL_EVENTS,
            **values,
        }
        return await soon(self.client.calls.create_async(to=to, **asked))

    async def called(self, to: str = PHONE, **values: Any) -> CallInstance:  # noqa: ANN401 - the SDK's arguments
        """A call that is over."""
        return await self.over(await self.create(to, **values))

    async def over(self, call: CallInstance) -> CallInstance:
        """The same call once it is over."""
        return await self.once(call, *ENDS)

    async def once(self, call: CallInstance, *statuses: str) -> CallInstance:
        """The same call once its status is one of these."""

        async def look() -> CallInstance | None:
            seen = await self.fetch(str(call.sid))
            return seen if seen.status in statuses else None

        seen = await eventually(look)
        assert seen is not None
        return seen

    async def fetch(self, sid: str) -> CallInstance:
        return await soon(self.client.calls(sid).fetch_async())

    async def update(self, call: CallInstance, **values: Any) -> CallInstance:  # noqa: ANN401 - the SDK's arguments
        return await soon(self.client.calls(str(call.sid)).update_async(**values))

    async def list(self, **filters: Any) -> list[CallInstance]:  # noqa: ANN401 - the SDK's arguments
        return list(await soon(self.client.calls.list_async(**filters)))

    async def refusal(self, **values: Any) -> tuple[int, int]:  # noqa: ANN401 - the SDK's arguments
        """The HTTP status and the code a create is refused with."""
        try:
            await self.create(**values)
        except TwilioRestException as error:
            return error.status, error.code
        raise AssertionError("it was taken")
