"""The body of `POST /v1/alerts`: fields follow CAP 1.2 where CAP has them."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from alert_api.alert_times import Effective, Expires
from alert_api.texts import line, text
from tocsin_schemas.words import Channel, Purpose, Severity
from tocsin_store.geometry import MAX_RADIUS_M


class Status(StrEnum):
    """CAP status. Exercises and tests say so in every message."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"


class Urgency(StrEnum):
    """CAP urgency."""

    IMMEDIATE = "immediate"
    EXPECTED = "expected"
    FUTURE = "future"
    PAST = "past"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """CAP certainty."""

    OBSERVED = "observed"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"
    UNKNOWN = "unknown"


CapCategory = Literal[
    "geo",
    "met",
    "safety",
    "security",
    "rescue",
    "fire",
    "health",
    "env",
    "transport",
    "infra",
    "cbrne",
    "other",
]
Line = Annotated[str, Field(max_length=200), AfterValidator(line)]
Text = Annotated[str, Field(max_length=20_000), AfterValidator(text)]
ShortText = Annotated[str, Field(max_length=1600), AfterValidator(text)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
Web = Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=2000)]


class Body(BaseModel):
    """Strict: no conversions, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Info(Body):
    """What is said, in one language."""

    language: Language = Field(description="BCP 47, e.g. en-GB.")
    headline: Line = Field(description="One line: the subject of an email.")
    description: Text = Field(description="What happened, where, when.")
    instruction: Text | None = Field(None, description="What to do.")
    web: Web | None = Field(None, description="A page with more; http or https.")
    contact: Line | None = Field(None, description="Whom to ask.")
    text: ShortText | None = Field(
        None,
        description="What a text, or a call, says in place of all this; from whom and how to leave are added.",
    )


class Circle(Body):
    """Everything within a distance of a point."""

    center: tuple[float, float] = Field(description="[longitude, latitude], WGS84.")
    radius_m: float = Field(gt=0, le=MAX_RADIUS_M, description="Metres.")


class Area(Body):
    """Exactly one of code, geometry and circle."""

    code: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    geometry: dict[str, JsonValue] | None = Field(None, description="GeoJSON Polygon or MultiPolygon, WGS84.")
    circle: Circle | None = None
    name: Line | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(part is not None for part in (self.code, self.geometry, self.circle)) != 1:
            raise PydanticCustomError("one_of", "Give exactly one of code, geometry, circle.")
        return self


def _languages_once(infos: list[Info]) -> list[Info]:
    if len({info.language.lower() for info in infos}) < len(infos):
        raise PydanticCustomError("unique", "Each language once.")
    return infos


def _channels_once(channels: list[Channel]) -> list[Channel]:
    if len(set(channels)) < len(channels):
        raise PydanticCustomError("unique", "Each channel once.")
    return channels


def _where_it_is_severe(acknowledge: bool | None, info: ValidationInfo) -> bool:  # noqa: FBT001 - the field's value
    if acknowledge is None:
        return info.data.get("severity") in {Severity.EXTREME, Severity.SEVERE}
    return acknowledge


Infos = Annotated[list[Info], AfterValidator(_languages_once)]
Channels = Annotated[list[Channel], AfterValidator(_channels_once)]


class Unless(StrEnum):
    """Who is left out of a later step: whom a message has reached, or who has said so."""

    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"


class PlanStep(Body):
    """Channels at the same time, for those whom no step before has reached."""

    after: Annotated[timedelta, Field(gt=timedelta())] | None = Field(
        None, description="ISO 8601, e.g. PT5M: how long after the alert begins. Not of the first step."
    )
    unless: Unless | None = Field(
        None,
        description="Leaves out who has got it, on any channel, or has acknowledged it. Default: delivered.",
    )
    channels: Channels = Field(min_length=1)


class Content(Body):
    """What is said, how bad it is and under which consent: common to alerts and updates."""

    reference: Line | None = Field(None, description="Your own number.")
    status: Status = Status.ACTUAL
    category: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$", description="E.g. flood, burglary.")
    cap_category: CapCategory | None = None
    event: Line | None = Field(None, description="E.g. River flooding.")
    urgency: Urgency = Urgency.UNKNOWN
    severity: Severity
    certainty: Certainty = Certainty.UNKNOWN
    onset: AwareDatetime | None = Field(None, description="When the event itself begins.")
    info: Infos = Field(min_length=1, max_length=20)
    purpose: Purpose = Field(description="What the members reached have consented to.")
    acknowledge: Annotated[bool | None, AfterValidator(_where_it_is_severe)] = Field(
        None,
        validate_default=True,
        description="Whether people are asked to say that they have seen it: an email has a link for that. Default: "
        "true where severity is extreme or severe.",
    )


def _instead_of_channels(plan: list[PlanStep] | None, info: ValidationInfo) -> list[PlanStep] | None:
    if plan is not None and info.data.get("channels") is not None:
        raise PydanticCustomError("one_of", "Give channels or a plan, not both.")
    return plan


Steps = Annotated[list[PlanStep], Field(min_length=1, max_length=6)]


class AlertPost(Content):
    """An alert as an agency posts it. It goes live when it is accepted; where `effective` is later, it waits for that."""

    effective: Effective | None = Field(
        None, description="When it begins: 30 days ahead at most. Nobody is written to before."
    )
    expires: Expires | None = Field(
        None,
        description="After this nothing is sent; 48 hours after it begins at most. Default 6, 12, 24 hours by severity.",
    )
    areas: list[Area] = Field(min_length=1, max_length=200)
    channels: Annotated[Channels, Field(min_length=1)] | None = Field(
        None, description="All at the same time. Default: your operator's plan for this severity, else email."
    )
    plan: Annotated[Steps | None, AfterValidator(_instead_of_channels)] = Field(
        None,
        description="In place of channels: step by step. Whom a step fails for good takes the next one at once; news that "
        "comes before somebody's turn calls it off.",
    )
