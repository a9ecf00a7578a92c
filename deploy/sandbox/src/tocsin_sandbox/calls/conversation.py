"""What is said in a call, document after document, and which keys are heard."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol, assert_never
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
            await self._say(SORRY)
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
                await self._speak(verb)
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

    async def _speak(self, spoken: Spoken) -> None:
        match spoken:
            case Say():
                for _ in range(spoken.times):
                    await self._say(spoken.words)
            case Play():
                self._calls.note(self._sid, Kind.NOTE, f"plays {spoken.url}")
                await self._line.lasts(RECORDING_S / self._speed)
            case Pause():
                await self._line.lasts(spoken.seconds / self._speed)

    async def _say(self, words: str) -> None:
        whole = False
        self._calls.note(self._sid, Kind.SAID, words)
        try:
            await self._line.lasts(self._takes_s(words))
            whole = True
        finally:
            self._calls.said(self._sid, words, whole=whole)

    async def _gathered(self, gather: Gather, *, url: str) -> Ask | None:
        self._presses.begin(interrupting=True)
        first = await self._interrupted(gather.spoken, hears=gather.hears_keys)
        if first is None:
            self._presses.begin(interrupting=False)
        keys, finished = await self._collected(first, gather) if gather.hears_keys else ("", "")
        if not keys and not finished and not gather.tells_silence:
            return None
        if keys:
            self._calls.pressed(self._sid, keys)
        tells = {"Digits": keys, "msg": "Gather End"} | ({"FinishedOnKey": finished} if finished else {})
        return Ask(Elsewhere(urljoin(url, gather.action), gather.method), tells)

    async def _interrupted(self, spoken: Sequence[Spoken], *, hears: bool) -> str | None:
        """Say it until a key is pressed; the key."""
        for one in spoken:
            if not hears:
                await self._speak(one)
            elif (key := await self._interruptible(one)) is not None:
                return key
        return None

    async def _interruptible(self, spoken: Spoken) -> str | None:
        match spoken:
            case Say():
                for _ in range(spoken.times):
                    if (key := await self._said_until_a_key(spoken.words)) is not None:
                        return key
                return None
            case Play():
                self._calls.note(self._sid, Kind.NOTE, f"plays {spoken.url}")
                return await self._line.key(RECORDING_S / self._speed)
            case Pause():
                return await self._line.key(spoken.seconds / self._speed)

    async def _said_until_a_key(self, words: str) -> str | None:
        key, whole = None, False
        self._calls.note(self._sid, Kind.SAID, words)
        try:
            key = await self._line.key(self._takes_s(words))
            whole = key is None
        finally:
            self._calls.said(self._sid, words, whole=whole)
        return key

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

    def _takes_s(self, words: str) -> float:
        return len(words.split()) / WORDS_PER_S / self._speed
