"""An alert as texts: what members of each language will read, and which of them is too long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from alert_api.problems import Fault
from tocsin_runtime.sms.gsm7 import Encoding
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_runtime.sms.text import MOST_SEGMENTS, Text, compose
from tocsin_runtime.wording import info_for
from tocsin_store import agencies
from tocsin_store.agencies import Agency
from tocsin_store.pool import Connection

_NO_SENDER: Final = Fault(
    "/channels",
    "no_text_sender",
    "Your agency has no sender that texts could come from. An operator sets one.",
)


@dataclass(frozen=True, slots=True)
class Texts:
    """One text for each language of an alert, and who sends them."""

    agency: Agency
    body: Mapping[str, object]
    """The alert as it is stored."""
    texts: Sequence[Text]
    """In the order of its `info`."""

    def segments_for(self, language: str) -> int:
        """How many segments a member who reads this language gets."""
        chosen = info_for(self.body, language=language)["language"]
        return next(text.segments for text in self.texts if text.language == chosen)

    def too_long(self, *, where: str = "/info") -> list[Fault]:
        """A fault for each text that is longer than a provider takes."""
        return [
            Fault(f"{where}/{number}/{_field(self.body, number)}", "max_segments", _too_long(text))
            for number, text in enumerate(self.texts)
            if text.segments > MOST_SEGMENTS
        ]

    def faults(self, *, named: str = "/channels") -> list[Fault]:
        """The same, and whether there is anybody to send them; `named` is where texts were asked for."""
        return [*([] if self.agency.sms_from else [replace(_NO_SENDER, pointer=named)]), *self.too_long()]


async def texts_of(
    conn: Connection, body: Mapping[str, object], *, agency_id: UUID, settings: SmsSettings
) -> Texts:
    """Compose what will be sent of an alert as it is stored, as the worker will."""
    agency = await agencies.find(conn, agency_id)
    if agency is None:  # its key was just read; agencies are never deleted
        raise LookupError("agency")
    texts = [
        compose(
            body,
            agency_name=agency.name,
            sms_from=agency.sms_from,
            language=language,
            replace_typography=settings.sms_replace_typography,
        )
        for language in languages_of(body)
    ]
    return Texts(agency, body, texts)


def languages_of(body: Mapping[str, object]) -> list[str]:
    """Those in which an alert says something, in its order."""
    return [info["language"] for info in _infos(body)]


def _field(body: Mapping[str, object], number: int) -> str:
    return "text" if _infos(body)[number].get("text") else "description"


def _infos(body: Mapping[str, object]) -> Sequence[Mapping[str, str]]:
    infos = body["info"]
    if not isinstance(infos, list):
        raise TypeError("info")
    return infos


def _too_long(text: Text) -> str:
    said = f"As a text this is {text.segments} segments; {MOST_SEGMENTS} is the most. Shorten it, or give a short `text`."
    if text.encoding is Encoding.GSM_7 or not text.costly.extra_segments:
        return said
    without = text.segments - text.costly.extra_segments
    return f"{said} Without characters that GSM-7 does not have it would be {without}."
