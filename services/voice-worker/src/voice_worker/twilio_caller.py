"""Twilio: makes calls, finds those whose answer was lost, asks what became of one. What is said, alert-api is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import quote_plus, urlencode

from tocsin_providers.accounts import TwilioAccount
from tocsin_providers.http.answers import Object, text_of
from tocsin_providers.http.wire import Wire
from tocsin_providers.twilio.call_rest_table import row_for
from tocsin_providers.twilio.call_statuses import FAILED, is_over
from tocsin_providers.twilio.created import outcome_of
from tocsin_providers.twilio.resource import Known, TwilioResource
from tocsin_providers.twilio.statuses import CANCELED
from tocsin_runtime.clock import utc_now
from tocsin_runtime.delivery.channel import Outcome
from tocsin_schemas.words import Channel

_EVENTS: Final = ("initiated", "ringing", "answered", "completed")
_QUEUED_AT_MOST: Final = timedelta(days=1)
"""https://www.twilio.com/en-us/blog/high-volume-voice-considerations."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call about to be made."""

    to: str
    """E.164."""
    sender: str
    reference: str
    """Proves which delivery and attempt it is for, to whoever is asked what it says."""


@dataclass(frozen=True, slots=True)
class Sought:
    """An attempt whose outcome nobody knows."""

    to: str
    sender: str
    since: datetime
    """It was not made before."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How every call is made."""

    public_url: str
    """Of alert-api, without the slash at the end."""
    ring: timedelta
    longest: timedelta
    machine_detection: timedelta


class TwilioCaller:
    """One account."""

    def __init__(self, account: TwilioAccount, *, wire: Wire, manner: Manner, known: Known) -> None:
        self.name = account.name
        self._calls = TwilioResource(account, resource="Calls", wire=wire, known=known)
        self._same = urlencode(
            [
                ("Timeout", int(manner.ring.total_seconds())),
                ("TimeLimit", int(manner.longest.total_seconds())),
                ("MachineDetection", "DetectMessageEnd"),
                ("MachineDetectionTimeout", int(manner.machine_detection.total_seconds())),
                *(("StatusCallbackEvent", event) for event in _EVENTS),
            ]
        )
        self._url = quote_plus(f"{manner.public_url}/calls/twilio/answer?r=")
        self._callback = quote_plus(f"{manner.public_url}/callbacks/twilio/calls?r=")

    async def send(self, call: Call, /, *, may_begin: Callable[[], bool]) -> Outcome:
        """Make a call: taken, it rings some time later."""
        response = await self._calls.create(self._form(call), may_begin=may_begin)
        if isinstance(response, Outcome):
            return response
        return outcome_of(response, channel=Channel.VOICE, row_for=row_for, provider=self.name, now=utc_now())

    def _form(self, call: Call) -> str:
        return (
            f"To=%2B{call.to[1:]}&From=%2B{call.sender[1:]}&Url={self._url}{call.reference}"
            f"&StatusCallback={self._callback}{call.reference}&{self._same}"
        )

    async def find(self, sought: Sought, /) -> Outcome:
        """Look for a call between these numbers that the ledger does not know; failed ones do not count.

        Twilio keeps nothing of ours to know a call by. But while an attempt is in doubt its line is held, so that no
        other call went to that number since.
        """
        asked = {"To": sought.to, "From": sought.sender}
        return await self._calls.find(asked, since=sought.since, is_it=partial(_is, sought=sought))

    async def fetched(self, ref: str) -> Object | None:
        """A call as Twilio has it; None where it does not say."""
        return await self._calls.fetched(ref)

    async def calls(self, number: str) -> bool | None:
        """Whether a call to this number is queued, rings or goes on; None where it does not say."""
        since = utc_now() - _QUEUED_AT_MOST
        return await self._calls.has({"To": number}, since=since, is_it=_goes_on)

    async def probe(self) -> bool:
        """Fetch the account."""
        return await self._calls.lets_us_in()

    async def close(self) -> None:
        """Close its connections."""
        await self._calls.close()


def _is(call: Object, sought: Sought) -> bool:
    """Whether it may be the one: what failed rang nowhere, and is as good as absent."""
    return (
        call.get("to") == sought.to
        and call.get("from") == sought.sender
        and text_of(call.get("direction")).startswith("outbound")
        and call.get("status") not in {FAILED, CANCELED}
    )


def _goes_on(call: Object) -> bool:
    return not is_over(text_of(call.get("status")))
