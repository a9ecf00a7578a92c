"""What a text says: one for all who read a language, so that what is approved is what is sent."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final

from jinja2 import PackageLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin_runtime.sms.gsm7 import Encoding, segments_of
from tocsin_runtime.sms.typography import Costly, costly, replaced
from tocsin_runtime.sms.wording import wording_of
from tocsin_runtime.wording import info_for, marking_of

MOST_SEGMENTS: Final = 10

_ANSWERED: Final = re.compile(r"\+[0-9]+|MG[0-9a-f]{32}")
_SPACES: Final = re.compile(r"[^\S\n]+")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Text:
    """An alert version as a text in one language, and what that is billed as."""

    language: str
    body: str
    encoding: Encoding
    segments: int
    replaced: Sequence[str]
    """Typography that was written in plain."""
    costly: Costly

    @property
    def sha256(self) -> str:
        """Of the body in UTF-8, hexadecimal."""
        return sha256(self.body.encode()).hexdigest()


class CompositionError(Exception):
    """The text cannot be composed at all: our template or the alert's content is at fault."""


def compose(
    body: Mapping[str, object],
    *,
    agency_name: str,
    sms_from: str | None,
    language: str,
    replace_typography: bool,
) -> Text:
    """Compose what members who read this language get: the same words for the same alert, agency and setting.

    It ends with how to say that one has seen it, if it asks that, and how to leave: where its sender is a number that
    can be answered.

    Args:
        body: The alert as it was posted, defaults filled in.
        agency_name: As residents read it.
        sms_from: Whom it comes from.
        language: BCP 47.
        replace_typography: Whether typography that costs a segment is written in plain.

    Raises:
        CompositionError: A field is missing or of the wrong kind.
    """
    try:
        info = info_for(body, language=language)
        said = _rendered(body, info, agency=agency_name, answered=can_be_answered(sms_from))
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise CompositionError(type(error).__name__) from error
    plain = replaced(said) if replace_typography else None
    text = plain.text if plain else said
    count = segments_of(text)
    return Text(
        language=str(info["language"]),
        body=text,
        encoding=count.encoding,
        segments=count.segments,
        replaced=plain.characters if plain else (),
        costly=costly(text),
    )


def can_be_answered(sms_from: str | None) -> bool:
    """Whether a sender is a number, or a pool of numbers; a name of letters takes no answer."""
    return sms_from is not None and _ANSWERED.fullmatch(sms_from) is not None


def _rendered(
    body: Mapping[str, object], info: Mapping[str, str | None], *, agency: str, answered: bool
) -> str:
    tag = str(info["language"])
    marking = marking_of(
        str(body["status"]),
        message_type=str(body.get("message_type", "alert")),  # bodies of version 0.1 have none
        language=tag,
    )
    said = _template().render(
        first=f"{marking}: " if marking else "",
        text=info.get("text"),
        headline=info["headline"],
        description=info["description"],
        instruction=info.get("instruction"),
        web=info.get("web"),
        contact=info.get("contact"),
        words=wording_of(tag),
        agency=agency,
        answered=answered,
        asks=body.get("acknowledge") is True,
    )
    return _tidied(said)


def _tidied(text: str) -> str:
    """Letters and their accents in one, one space at a time, no blank lines: none of it is worth a segment."""
    printable = _UNPRINTABLE.sub(" ", unicodedata.normalize("NFC", text))
    lines = (_SPACES.sub(" ", line).strip() for line in printable.split("\n"))
    return "\n".join(line for line in lines if line)


@cache  # compiling takes longer than rendering a thousand times
def _template() -> Template:
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("tocsin_runtime", "sms/templates"),
        autoescape=False,  # a text is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("text.txt")
