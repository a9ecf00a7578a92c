"""What is said in a call, document after document, and which keys are heard."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias, assert_never
from urllib.parse import urljoin

from tocsin_sandbox.calls.call import Call, Kind
from tocsin_sandbox.calls.calls import Calls
from tocsin_sandbox.calls.line import Elsewhere, HungUp, Line, Redirected
from tocsin_sandbox.calls.presses import Presses
from tocsin_sandbox.calls.twiml import (
    Gather,
    Hangup,
    NotTwiml,
    Pause,
    Play,
    Record,
    Redirect,
    Say,
    Spoken,
    Unknown,
    Verb,
    verbs_of,
)

WORDS_PER_S: Final = 2.5
RECORDING_S: Final = 5.0
"""How long a recording is that is played."""
SORRY: Final = "We are sorry, an application error has occurred. Goodbye."

Wait: TypeAlias = Callable[[float], Awaitable[str | None]]
"""Lets seconds pass, or less where a key is heard: that key."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for the next document, with what it tells beside the usual."""

    at: Elsewhere
    tells: Mapping[str, str] = field(default_factory=dict)


class Script(Protocol):
    """The client's web server, as a call knows it."""

    async def document(self, call: Call, ask: Ask) -> bytes:
        """What to do next.

        Raises:
            NotTwiml: It could not be had.
        """


class Conversation:
    """One call's, from its first document to its last. Every wait in it raises what `Line.lasts` raises."""

    def __init__(
        self, sid: str, *, calls: Calls, line: Line, presses: Presses, script: Script, speed: float
    ) -> None:
        self._sid = sid
        self._calls = calls
        self._line = line
        self._presses = presses
        self._script = script
        self._speed = speed

    async def hold(self, ask: Ask, *, fallback: str) -> None:
        """Obey the documents until one has no more to say.

        Raises:
            HungUp: It ended before.
        """
        following: Ask | None = ask
        while following is not None:
            asked = following
            try:
                following = await self._obeyed(asked)
            except Redirected as redirected:
                following = Ask(redirected.to)
            except NotTwiml as problem:
                self._calls.warn(self._sid, problem.code, problem.why)
                following = await self._instead(asked, problem, fallback=fallback)
                fallback = ""

    async def _instead(self, asked: Ask, problem: NotTwiml, *, fallback: str) -> Ask | None:
        """What comes in place of a document that could not be obeyed."""
        if fallback:
            return Ask(Elsewhere(fallback), {"ErrorCode": str(problem.code), "ErrorUrl": asked.at.url})
        with suppress(Redirected):
            await self._say(SORRY, wait=self._line.lasts)
        return None

    async def _obeyed(self, ask: Ask) -> Ask | None:
        """Obey one document; where to go on."""
        call = self._calls.get(self._sid)
        if call is None:
            raise HungUp("")
        document = ask.at.twiml or await self._script.document(call, ask)
        await self._line.lasts(0)  # somebody may have hung up meanwhile
        for verb in verbs_of(document):
            following = await self._done(verb, url=ask.at.url)
            if following is not None:
                return following
        return None

    async def _done(self, verb: Verb, *, url: str) -> Ask | None:
        match verb:
            case Say() | Play() | Pause():
                await self._speak(verb, wait=self._line.lasts)
            case Gather():
                return await self._gathered(verb, url=url)
            case Redirect():
                return Ask(Elsewhere(urljoin(url, verb.url), verb.method))
            case Hangup():
                raise HungUp("client")
            case Record():
                return await self._recorded(verb, url=url)
            case Unknown():
                self._calls.warn(self._sid, 12200, "Schema validation warning")
            case _:
                assert_never(verb)
        return None

    async def _speak(self, spoken: Spoken, *, wait: Wait) -> str | None:
        """Say it, as long as the wait lasts; the key that interrupted it."""
        match spoken:
            case Say():
                for _ in range(spoken.times):
                    if (key := await self._say(spoken.words, wait=wait)) is not None:
                        return key
                return None
            case Play():
                self._calls.note(self._sid, Kind.NOTE, f"plays {spoken.url}")
                return await wait(RECORDING_S / self._speed)
            case Pause():
                return await wait(spoken.seconds / self._speed)

    async def _say(self, words: str, *, wait: Wait) -> str | None:
        key, whole = None, False
        self._calls.note(self._sid, Kind.SAID, words)
        try:
            key = await wait(len(words.split()) / WORDS_PER_S / self._speed)
            whole = key is None
        finally:
            self._calls.said(self._sid, words, whole=whole)
        return key

    async def _gathered(self, gather: Gather, *, url: str) -> Ask | None:
        keys, finished = "", ""
        self._presses.begin(interrupting=True)
        first = await self._prompted(gather)
        if gather.hears_keys:
            keys, finished = await self._collected(first, gather)
        if not keys and not finished and not gather.tells_silence:
            return None
        if keys:
            self._calls.pressed(self._sid, keys)
        tells = {"Digits": keys, "msg": "Gather End"} | ({"FinishedOnKey": finished} if finished else {})
        return Ask(Elsewhere(urljoin(url, gather.action), gather.method), tells)

    async def _prompted(self, gather: Gather) -> str | None:
        """Say what a gather says until a key is pressed; the key."""
        wait: Wait = self._line.key if gather.hears_keys else self._line.lasts
        for one in gather.spoken:
            if (key := await self._speak(one, wait=wait)) is not None:
                return key
        self._presses.begin(interrupting=False)
        return None

    async def _collected(self, first: str | None, gather: Gather) -> tuple[str, str]:
        """The keys that were pressed, and the one that finished them."""
        keys, key = "", first
        while True:
            if key is None:
                key = await self._line.key(gather.timeout_s / self._speed)
            if key is None:
                return keys, ""
            if gather.finish_on and key in gather.finish_on:
                return keys, key
            keys, key = keys + key, None
            if gather.digits is not None and len(keys) >= gather.digits:
                return keys, ""

    async def _recorded(self, record: Record, *, url: str) -> Ask | None:
        """Nobody says anything to be recorded."""
        self._calls.note(self._sid, Kind.NOTE, "records")
        await self._line.lasts(record.seconds / self._speed)
        if not record.action:
            return None
        tells = {"RecordingDuration": f"{record.seconds:.0f}", "RecordingUrl": "", "Digits": ""}
        return Ask(Elsewhere(urljoin(url, record.action), record.method), tells)
