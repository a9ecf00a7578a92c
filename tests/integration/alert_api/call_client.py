"""A call that Twilio made for us: it asks what to say, presses keys, and is told of."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

from tests.integration.alert_api.callback_client import Providers
from tests.integration.alert_api.conftest import Answer
from tests.support.callers import a_call_sid, called
from tests.support.phones import Phone, Sending, a_phone, a_sender, sending
from tocsin_runtime.tokens import sign_callback
from tocsin_schemas.words import Channel
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool

ANSWER: Final = "/calls/twilio/answer"
REPORTS: Final = "/callbacks/twilio/calls"


@dataclass(frozen=True)
class Line:
    """A member whom an alert calls; the call is claimed."""

    pool: Pool
    waiting: Sending
    phone: Phone
    claimed: ClaimedDelivery

    @property
    def reference(self) -> str:
        """What stands in every URL of the call."""
        return sign_callback(b"k" * 32, self.claimed.id, fence=self.claimed.fence)


async def a_line(pool: Pool, *, language: str = "en", prefers: str | None = None) -> Line:
    """Post an alert that calls one member, and claim it."""
    agency, _ = await a_sender(pool)
    phone = await a_phone(pool, agency, language=language, channel=Channel.VOICE)
    await pool.execute(
        "INSERT INTO member_voice (member_id, never_voicemail, no_caller_text) VALUES ($1, $2, $3)",
        phone.member,
        prefers == "never_voicemail",
        prefers == "no_caller_text",
    )
    waiting = await sending(pool, agency, channel=Channel.VOICE)
    return Line(pool, waiting, phone, (await waiting.claimed()).taken[0])


@dataclass(frozen=True)
class Said:
    """What Twilio is told to do."""

    answer: Answer

    @property
    def text(self) -> str:
        """Everything that is said, keys or no keys."""
        return " | ".join(say.text or "" for say in self._root.iter("Say"))

    @property
    def verbs(self) -> list[str]:
        """What happens, one after the other."""
        return [verb.tag for verb in self._root]

    @property
    def voices(self) -> set[str | None]:
        """The languages it is said in."""
        return {say.get("language") for say in self._root.iter("Say")}

    @property
    def next(self) -> str:
        """Where a key is told, or where it is asked again."""
        gather, redirect = self._root.find("Gather"), self._root.find("Redirect")
        return str(gather.get("action") if gather is not None else redirect is not None and redirect.text)

    @property
    def told(self) -> dict[str, str]:
        """What stands in that URL."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.next).query).items()}

    @property
    def _root(self) -> ET.Element:
        assert (self.answer.status, self.answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
        return ET.fromstring(self.answer.text)  # noqa: S314 - we wrote it


@dataclass(frozen=True)
class Call:
    """One call, as Twilio conducts it."""

    providers: Providers
    reference: str
    sid: str

    async def answered(self, by: str = "human") -> Said:
        """Somebody, or something, answers."""
        return await self.ask(f"{ANSWER}?r={self.reference}", AnsweredBy=by)

    async def press(self, key: str, *, after: Said) -> Said:
        """They press a key that they were asked for."""
        return await self.ask(after.next, Digits=key)

    async def ask(self, path: str, **more: str) -> Said:
        """Ask for any of it."""
        return Said(await self.providers.twilio(path, called(self.sid, **more)))

    async def report(self, status: str, **more: str) -> Answer:
        """Tell of another status."""
        path = f"{REPORTS}?r={self.reference}"
        return await self.providers.twilio(path, called(self.sid, status, **more))


def a_call(providers: Providers, line: Line, *, reference: str | None = None) -> Call:
    """Ring there."""
    return Call(providers, reference or line.reference, a_call_sid())
