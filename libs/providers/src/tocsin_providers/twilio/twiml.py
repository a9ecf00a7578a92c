"""What Twilio is to do in a call, as documents of TwiML (twilio.com/docs/voice/twiml). Each answers one request.

A key is asked for while something is said; whoever presses none hears what follows, without another request.
"""

import re
import textwrap
from collections.abc import Mapping
from typing import Final

from twilio.twiml.voice_response import Gather, VoiceResponse

from tocsin_runtime.voice.phrases import Phrases
from tocsin_runtime.voice.script import Script
from tocsin_runtime.voice.settings import Voice, voice_of

KEY_WAIT_S: Final = 5
"""For a key, after everything has been said."""
_BEEP_S: Final = 1
"""Machines cut off what is said at once."""
_PIECE: Final = 1_000
_PIECE_QUOTED: Final = 370
"""Characters said in one go: no more than 4,500 when they are percent-encoded (twilio.com/docs/api/errors/13521)."""
_NO_XML: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Voices = Mapping[str, Voice]


class _Speaker:
    """Says things in a call, each in the voice of its language."""

    def __init__(self, voices: Voices) -> None:
        self.response = VoiceResponse()
        self._voices = voices

    def say(self, text: str, *, language: str, within: Gather | None = None) -> None:
        voice = voice_of(language, voices=self._voices)
        plain = _NO_XML.sub(" ", text)
        width = _PIECE if plain.isascii() else _PIECE_QUOTED
        for piece in textwrap.wrap(plain, width, break_on_hyphens=False):
            (within or self.response).say(piece, voice=voice.name, language=voice.language)

    def say_message(self, script: Script, *, within: Gather | None = None) -> None:
        self.say(script.message, language=script.language, within=within)

    def key(self, action: str) -> Gather:
        """Ask for one key while what is said within it is said; any of the twelve."""
        return self.response.gather(
            input="dtmf", num_digits=1, timeout=KEY_WAIT_S, finish_on_key="", action=action, method="POST"
        )

    def end(self, text: str, *, language: str) -> str:
        self.say(text, language=language)
        return self.hang_up()

    def hang_up(self) -> str:
        self.response.hangup()
        return str(self.response)


def person(script: Script, *, voices: Voices, action: str) -> str:
    """Who is calling, the message and the keys, twice; then goodbye.

    Args:
        script: What is said.
        voices: Who says it.
        action: Where a key goes.
    """
    speaker, phrases = _Speaker(voices), script.phrases
    for first in (script.greeting, phrases.again):
        key = speaker.key(action)
        speaker.say(first, language=phrases.language, within=key)
        speaker.say_message(script, within=key)
        speaker.say(phrases.keys, language=phrases.language, within=key)
    return speaker.end(phrases.goodbye, language=phrases.language)


def repeated(script: Script, *, voices: Voices, action: str) -> str:
    """The message and the keys, once more."""
    speaker, phrases = _Speaker(voices), script.phrases
    key = speaker.key(action)
    speaker.say_message(script, within=key)
    speaker.say(phrases.keys, language=phrases.language, within=key)
    return speaker.end(phrases.goodbye, language=phrases.language)


def wrong_key(phrases: Phrases, *, voices: Voices, action: str) -> str:
    """That key does nothing; these do."""
    return _asked(phrases, f"{phrases.wrong_key} {phrases.keys}", voices=voices, action=action)


def confirm_stop(phrases: Phrases, *, voices: Voices, action: str) -> str:
    """Press again to get no more calls."""
    return _asked(phrases, phrases.confirm_stop, voices=voices, action=action)


def at_risk(phrases: Phrases, *, voices: Voices, action: str) -> str:
    """There is a message: nobody is named, and nothing is said of it before a key was pressed; twice."""
    return _asked(phrases, phrases.hidden, phrases.hidden, voices=voices, action=action)


def wrong_key_at_risk(phrases: Phrases, *, voices: Voices, action: str) -> str:
    """That key does nothing; still nobody is named."""
    return _asked(phrases, f"{phrases.wrong_key} {phrases.hidden}", voices=voices, action=action)


def machine(script: Script, *, voices: Voices) -> str:
    """Who is calling and the message, after the beep; a machine presses no keys."""
    speaker = _Speaker(voices)
    speaker.response.pause(length=_BEEP_S)
    speaker.say(script.greeting, language=script.phrases.language)
    speaker.say_message(script)
    return speaker.hang_up()


def said_last(text: str, *, language: str, voices: Voices) -> str:
    """One of the phrases that end a call: thanks, stopped, over, goodbye."""
    return _Speaker(voices).end(text, language=language)


def hold(phrases: Phrases | None, *, voices: Voices, seconds: int, redirect: str) -> str:
    """Wait, then ask us again; a person is asked for a moment, where phrases are given."""
    speaker = _Speaker(voices)
    if phrases is not None:
        speaker.say(phrases.hold, language=phrases.language)
    speaker.response.pause(length=seconds)
    speaker.response.redirect(redirect, method="POST")
    return str(speaker.response)


def hang_up() -> str:
    """Nothing is said."""
    return _Speaker({}).hang_up()


def _asked(phrases: Phrases, *questions: str, voices: Voices, action: str) -> str:
    speaker = _Speaker(voices)
    for question in questions:
        speaker.say(question, language=phrases.language, within=speaker.key(action))
    return speaker.end(phrases.goodbye, language=phrases.language)
