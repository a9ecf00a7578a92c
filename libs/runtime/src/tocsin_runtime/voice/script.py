"""What a call says of one alert: one for all who hear a language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin_runtime.voice.phrases import Phrases, phrases_for
from tocsin_runtime.voice.speech import speakable
from tocsin_runtime.wording import info_for

LONGEST: Final = 1_000
"""Characters of a message: about 70 seconds, so that a call is long enough to say it twice."""
_READ: Final = 4 * LONGEST
"""Characters of a part that are looked at: what is written in more is not said in a thousand."""
_ENDS: Final = (".", "!", "?")


@dataclass(frozen=True, slots=True)
class Script:
    """An alert version as a call in one language."""

    language: str
    """Of the message; that of the phrases is another where we have none in it."""
    greeting: str
    """Whether it is meant, and who is calling."""
    message: str
    phrases: Phrases

    @property
    def said(self) -> Sequence[str]:
        """What a person hears first."""
        return (self.greeting, self.message, self.phrases.keys)


class ScriptError(Exception):
    """Nothing can be said at all: the alert's content is at fault."""


def script(body: Mapping[str, object], *, language: str, agency: str) -> Script:
    """Compose what members who hear this language are told: the same words for the same alert and agency.

    Args:
        body: The alert as it was posted, defaults filled in.
        language: BCP 47.
        agency: Its name, as residents read it.

    Raises:
        ScriptError: A field is missing or of the wrong kind.
    """
    try:
        info = info_for(body, language=language)
        tag = str(info["language"])
        phrases = phrases_for(tag, agency=agency)
        marks = [phrases.marks.get(str(body.get(key))) for key in ("status", "message_type")]
        return Script(
            language=tag,
            greeting=" ".join(filter(None, (*marks, phrases.greeting))),
            message=_message(info, phrases=phrases, language=tag),
            phrases=phrases,
        )
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise ScriptError(type(error).__name__) from error


def _message(info: Mapping[str, str | None], *, phrases: Phrases, language: str) -> str:
    """The alert's text, where it has one of its own; else all of it, or, where that is too much, what to do."""
    text, headline, to_do, contact = (info.get(key) for key in ("text", "headline", "instruction", "contact"))
    whole = (headline, info["description"], to_do, f"{phrases.contact} {contact}" if contact else None)
    said = _read((text,) if text else whole, language=language)
    if len(said) <= LONGEST:
        return said
    less = said if text else _read((headline, to_do), language=language)
    return f"{_shortened(less)} {phrases.cut}"


def _read(parts: Sequence[str | None], *, language: str) -> str:
    return " ".join(filter(None, (speakable(part[:_READ], language=language) for part in parts if part)))


def _shortened(said: str) -> str:
    """Up to the last sentence that fits, or the last word."""
    if len(said) <= LONGEST:
        return said
    fits = said[:LONGEST]
    end = max(fits.rfind(f"{mark} ") for mark in _ENDS) + 1 or fits.rfind(" ")
    return fits[:end] if end > 0 else fits
