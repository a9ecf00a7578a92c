"""What a document of TwiML tells a call to do (https://www.twilio.com/docs/voice/twiml)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from xml.etree import ElementTree as ET

_ENDLESS: Final = 1_000
"""A loop of 0."""


class NotTwiml(Exception):  # noqa: N818 - says what the document is
    """The document cannot be obeyed; `code` is Twilio's."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


@dataclass(frozen=True, slots=True)
class Say:
    """Say it, so many times."""

    words: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Play:
    """Play a recording; how long it is nobody knows here."""

    url: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Say nothing for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with another document."""

    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Record:
    """Record what is said; without an action the document goes on."""

    action: str
    method: str
    seconds: float


Spoken: TypeAlias = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """Wait for keys, and speak meanwhile. Without an action the keys go to the document's own URL."""

    spoken: tuple[Spoken, ...]
    action: str
    method: str
    timeout_s: float
    digits: int | None
    finish_on: str
    hears_keys: bool
    tells_silence: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """A verb that is not played here."""

    name: str


Verb: TypeAlias = Spoken | Gather | Redirect | Hangup | Record | Unknown


def verbs_of(document: bytes | str) -> tuple[Verb, ...]:
    """The verbs of a document, in order.

    Raises:
        NotTwiml: It is no XML (12100), or says what cannot be (12200).
    """
    try:
        root = ET.fromstring(document)  # noqa: S314 - expat itself refuses entities that explode
    except ET.ParseError as error:
        raise NotTwiml(12100, "Document parse failure") from error
    if root.tag != "Response":
        raise NotTwiml(12100, "The root of the document is no Response")
    try:
        return tuple(_verb(element) for element in root)
    except ValueError as error:
        raise NotTwiml(12200, "Schema validation warning") from error


def _verb(element: ET.Element) -> Verb:
    reader = _READERS.get(element.tag)
    return Unknown(element.tag) if reader is None else reader(element)


def _say(element: ET.Element) -> Say:
    words = " ".join("".join(element.itertext()).split())
    return Say(words, int(element.get("loop", "1")) or _ENDLESS)


def _play(element: ET.Element) -> Play:
    return Play((element.text or element.get("digits") or "").strip())


def _pause(element: ET.Element) -> Pause:
    return Pause(float(element.get("length", "1")))


def _gather(element: ET.Element) -> Gather:
    digits = element.get("numDigits")
    return Gather(
        spoken=tuple(_spoken(element)),
        action=element.get("action", ""),
        method=_method(element),
        timeout_s=float(element.get("timeout", "5")),
        digits=None if digits is None else int(digits),
        finish_on=element.get("finishOnKey", "#"),
        hears_keys="dtmf" in element.get("input", "dtmf"),
        tells_silence=element.get("actionOnEmptyResult", "false") == "true",
    )


def _spoken(element: ET.Element) -> Iterator[Spoken]:
    for verb in map(_verb, element):
        if not isinstance(verb, Spoken):
            raise ValueError("not to be nested")  # noqa: TRY004 - the document is wrong
        yield verb


def _redirect(element: ET.Element) -> Redirect:
    return Redirect((element.text or "").strip(), _method(element))


def _record(element: ET.Element) -> Record:
    seconds = min(float(element.get("timeout", "5")), float(element.get("maxLength", "3600")))
    return Record(element.get("action", ""), _method(element), seconds)


def _hangup(_: ET.Element) -> Hangup:
    return Hangup()


def _method(element: ET.Element) -> str:
    method = element.get("method", "POST").upper()
    if method not in {"GET", "POST"}:
        raise ValueError("no method")
    return method


_READERS: Final[Mapping[str, Callable[[ET.Element], Verb]]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _hangup,
    "Record": _record,
}
