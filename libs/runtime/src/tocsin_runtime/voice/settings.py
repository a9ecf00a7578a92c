"""Settings of every service that makes calls or speaks in them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from tocsin_runtime.settings import Settings
from tocsin_runtime.sms.settings import Region
from tocsin_runtime.wording import primary

Primary = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class Voice(BaseModel):
    """Who speaks a language, as the provider of calls names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9.-]*$", max_length=64)
    language: str = Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", description="BCP 47: language and region.")


FALLBACK: Final = "en"
VOICES: Final[Mapping[str, Voice]] = {
    "cy": Voice(name="Polly.Gwyneth", language="cy-GB"),
    "de": Voice(name="Polly.Marlene", language="de-DE"),
    "en": Voice(name="Polly.Amy", language="en-GB"),
    "es": Voice(name="Polly.Lucia", language="es-ES"),
    "fr": Voice(name="Polly.Celine", language="fr-FR"),
    "it": Voice(name="Polly.Carla", language="it-IT"),
    "pl": Voice(name="Polly.Ewa", language="pl-PL"),
    "pt": Voice(name="Polly.Ines", language="pt-PT"),
    "ro": Voice(name="Polly.Carmen", language="ro-RO"),
}
"""https://docs.aws.amazon.com/polly/latest/dg/available-voices.html, as Twilio names them."""


def _with_defaults(voices: Mapping[str, Voice]) -> Mapping[str, Voice]:
    return {**VOICES, **voices}


Voices = Annotated[Mapping[Primary, Voice], AfterValidator(_with_defaults)]


def voice_of(language: str, *, voices: Mapping[str, Voice]) -> Voice:
    """Choose by the primary subtag of a BCP 47 tag; the English one where nobody speaks that language."""
    return voices.get(primary(language)) or voices[FALLBACK]


class VoiceSettings(Settings):
    """The same for all of them, so that what alert-api says of a call is what is heard."""

    voice_voices: Voices = Field(
        default=VOICES, description="By language, in JSON; each stands for the one we know of that language."
    )
    voice_countries: frozenset[Region] = Field(
        default=frozenset({"GB"}), description="ISO 3166-1; calls to any other are refused."
    )
    voice_ring: timedelta = Field(
        default=timedelta(seconds=30), ge=timedelta(seconds=5), le=timedelta(seconds=600)
    )
    voice_longest: timedelta = Field(
        default=timedelta(seconds=180),
        ge=timedelta(seconds=30),
        le=timedelta(hours=1),
        description="Of a call that is answered; then it is hung up.",
    )
    voice_machine_detection: timedelta = Field(
        default=timedelta(seconds=10),
        ge=timedelta(seconds=3),
        le=timedelta(seconds=59),
        description="For telling a machine from a person; then nobody knows.",
    )
