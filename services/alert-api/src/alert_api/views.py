"""What the API answers: shapes of api.md. The OpenAPI description is made from these."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from alert_api.alert_changes import To
from alert_api.alert_post import AlertPost, Status, Urgency
from alert_api.call_views import CallsView
from alert_api.sms_views import Money, TextsView
from tocsin_schemas.words import Channel, Lane, Purpose, Reason, ReplyKind, Severity, State

Item = TypeVar("Item")
MessageType = Literal["alert", "update", "cancel"]
AlertState = Literal["live", "completed", "cancelled", "superseded"]


class Accepted(BaseModel):
    """A version was stored. `delayed`: Kafka has not got its bell yet; it is not lost. `scheduled`: it waits."""

    id: UUID
    version: int
    state: AlertState
    lane: Lane
    handover: Literal["now", "delayed", "scheduled"]
    created_at: datetime
    texts: TextsView | None = Field(None, description="Only where texts are sent.")
    calls: CallsView | None = Field(None, description="Only where people are called.")


class Cancelled(BaseModel):
    """An alert was called off; `version` is a new one where an all-clear was given."""

    id: UUID
    version: int
    state: Literal["cancelled"]
    handover: Literal["now", "delayed"]
    cancelled_at: datetime


class StepView(BaseModel):
    """A step of a plan; an alert without one has a single step."""

    model_config = ConfigDict(from_attributes=True)

    channels: Sequence[Channel]
    begins: datetime
    state: Literal["waiting", "under_way", "done"] = Field(
        description="Where it waits, those whom a step before failed for good may have taken it already."
    )
    deliveries: int = Field(description="That were to be sent; those called off since are among them.")


class ProgressView(BaseModel):
    """A snapshot: `deliveries` is the sum of `states`, always. Keep the one with the highest `version`."""

    version: int
    as_of: datetime
    members: int
    households: int | None = Field(None, description="Not counted yet.")
    deliveries: int
    states: Mapping[State, int]
    channels: Mapping[Channel, Mapping[State, int]]
    rate_per_s: float | None = Field(description="Hand-overs a second, lately; null where nothing moves.")
    eta: Mapping[Channel, datetime] = Field(
        description="When the pending ones are through: at this rate; texts and calls at their sender's pace, "
        "after what is before."
    )
    segments: int = Field(0, description="Of texts that providers took.")
    cost: Money | None = Field(None, description="Of these; null where no price is known.")
    steps: list[StepView] = Field(description="Of the version in force, the first one first.")


class HoldView(BaseModel):
    """Why an alert waits."""

    channel: Channel
    route: str
    why: str
    until: datetime


class VersionView(BaseModel):
    """What was sent first, and what has replaced it."""

    version: int
    message_type: MessageType
    created_at: datetime
    to: To
    deliveries: int
    states: Mapping[State, int]


class CancelledView(BaseModel):
    """When and why an alert was called off."""

    at: datetime
    reason: str


class AlertView(AlertPost):
    """The version in force as posted, defaults filled in, and how far it is."""

    id: UUID
    version: int
    state: AlertState
    lane: Lane
    created_at: datetime
    message_type: MessageType
    to: To
    answers: UUID | None = Field(None, description="The reply that it answers, where it went to one.")
    cancelled: CancelledView | None = None
    versions: list[VersionView] = Field(description="Oldest first; `progress` is about the last one.")
    progress: ProgressView
    waiting_for: list[HoldView]


class AlertSummary(BaseModel):
    """An alert in a list."""

    id: UUID
    version: int
    state: AlertState
    lane: Lane
    created_at: datetime
    expires: datetime
    reference: str | None
    status: Status
    category: str
    event: str | None
    urgency: Urgency
    severity: Severity
    purpose: Purpose
    headline: Annotated[str, Field(description="In the first language.")]


class DeliveryView(BaseModel):
    """One alert version to one contact point; no address, no name."""

    id: UUID
    alert_id: UUID
    alert_version: int
    channel: Channel
    state: State
    reason: Reason | None
    attempts: int
    updated_at: datetime


class SuppressionView(BaseModel):
    """Why an address is not written to; the address itself is not told."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    channel: Channel
    kind: Literal["hard", "soft"] = Field(description="Extreme alerts go to soft ones all the same.")
    scope: Literal["all", "routine"] = Field(description="Which alerts do not go there.")
    reason: Reason
    provider_status: str | None = Field(description="What the provider said last: codes, no text.")
    strikes: int = Field(description="Alerts in which it happened.")
    delivery_id: UUID = Field(description="The last of them.")
    alert_id: UUID
    created_at: datetime
    lifted_at: datetime | None


class ReplyView(BaseModel):
    """What somebody answered, by text or by a key; the number is not told, nor who it is where several have it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    alert_id: UUID | None = Field(
        description="What the call was about; of a text the newest that the number had got from you."
    )
    delivery_id: UUID | None
    member_id: UUID | None = Field(
        description="Null where nobody who lets you text has the number, or several."
    )
    channel: Channel
    kind: ReplyKind
    body: str = Field(description="Empty where a key was pressed.")
    state: Literal["open", "answered", "closed"]
    received_at: datetime
    answer_id: UUID | None = Field(description="The alert to one that answers it: follow it like any other.")
    closed_at: datetime | None


class Answered(Accepted):
    """A reply is answered by an alert to one."""

    reply_id: UUID


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is null at its end."""

    items: list[Item]
    next: str | None


class Feed(Page[Item], Generic[Item]):
    """A part of a list that grows: go on from `cursor` later, also when `next` is null."""

    cursor: str | None


class ReadyView(BaseModel):
    """Kafka down does not make it unready: alerts are still accepted."""

    ready: bool
    database: Literal["up", "down"]
    kafka: Literal["up", "down"]


class FaultView(BaseModel):
    """One broken rule."""

    pointer: str
    rule: str
    detail: str


class ProblemView(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FaultView] | None = None
