"""What travels on Kafka. Additive only: fields are added with defaults, never renamed or removed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from tocsin_schemas.ids import receipt_id
from tocsin_schemas.words import STATE_OF, Channel, Lane, Reason, ReceiptKind, ReplyKind, State


class Message(BaseModel):
    """Frozen; unknown fields are ignored when read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class AlertAccepted(Message):
    """A bell: look at this alert. The ledger decides; duplicates and loss are harmless."""

    alert_id: UUID
    alert_version: int = Field(ge=1)
    lane: Lane


class AlertCancelled(Message):
    """A bell: this alert was cancelled; what waits of it is to be settled."""

    alert_id: UUID
    alert_version: int = Field(
        ge=1, description="The version in force: a new one where an all-clear was given."
    )


class AlertUpdated(Message):
    """A bell: this alert has a new version; what waits of the earlier ones is superseded."""

    alert_id: UUID
    alert_version: int = Field(ge=2)
    lane: Lane


class DeliveriesRequested(Message):
    """A hint that these deliveries may be claimed; all of one alert, channel and lane."""

    alert_id: UUID
    kind: Literal["send", "resolve"] = "send"
    delivery_ids: tuple[UUID, ...] = Field(min_length=1, max_length=100)


class Receipt(Message):
    """A fact about one delivery. Same id and JSON on every surface; nothing personal in it."""

    id: UUID
    delivery_id: UUID
    alert_id: UUID
    alert_version: int
    channel: Channel
    fence: int = Field(
        ge=0, le=2**31 - 1, description="Number of the claim it speaks of; 0 before the first."
    )
    kind: ReceiptKind
    state: State = Field(description="The state this fact supports; a delivery's own state only climbs.")
    reason: Reason | None = None
    provider: str | None = Field(default=None, description="Name of the relay or provider account.")
    provider_status: str | None = Field(default=None, description="Reply code and enhanced code, no text.")
    due_at: datetime | None = Field(default=None, description="When it is tried again.")
    attempt: int | None = Field(
        default=None, description="Which attempt it speaks of; null where none was made."
    )
    lane: Lane | None = Field(default=None, description="Of its alert, where the teller knew it.")
    provider_ref: str | None = Field(default=None, description="The provider's own id of the message.")
    segments: int | None = Field(
        default=None, ge=0, description="Parts that a text was sent in and is billed for."
    )
    cost: int | None = Field(
        default=None, ge=0, description="What they cost, in ten-thousandths of the platform's currency."
    )
    occurred_at: datetime
    recorded_at: datetime

    @staticmethod
    def of(  # noqa: PLR0913 - a receipt has this many facts
        delivery: UUID,
        *,
        alert: UUID,
        alert_version: int,
        channel: Channel,
        fence: int,
        kind: ReceiptKind,
        now: datetime,
        reason: Reason | None = None,
        provider: str | None = None,
        provider_status: str | None = None,
        due_at: datetime | None = None,
        attempt: int | None = None,
        lane: Lane | None = None,
        provider_ref: str | None = None,
        segments: int | None = None,
        cost: int | None = None,
    ) -> "Receipt":
        """Write down a fact, now; its id and state follow from it.

        A failure that is tried again does not end a delivery: what it supports is that it was sent.
        """
        natural = receipt_id(delivery, fence=fence, kind=kind, provider_status=provider_status, due_at=due_at)
        return Receipt(
            id=natural,
            delivery_id=delivery,
            alert_id=alert,
            alert_version=alert_version,
            channel=channel,
            fence=fence,
            kind=kind,
            state=State.SENT if kind is ReceiptKind.FAILED and due_at is not None else STATE_OF[kind],
            reason=reason,
            provider=provider,
            provider_status=provider_status,
            due_at=due_at,
            attempt=attempt,
            lane=lane,
            provider_ref=provider_ref,
            segments=segments,
            cost=cost,
            occurred_at=now,
            recorded_at=now,
        )


class AlertMetrics(Message):
    """Counts of one alert. Readers keep the highest version; deliveries = sum of states, always."""

    alert_id: UUID
    alert_version: int
    version: int = Field(ge=1, description="Grows with every publication.")
    as_of: datetime
    deliveries: int = Field(ge=0)
    states: Mapping[State, int]
    channels: Mapping[Channel, Mapping[State, int]]
    first_sent_s: float | None = Field(default=None, description="Seconds from acceptance; bucket bound.")
    p50_sent_s: float | None = None
    p95_sent_s: float | None = None


class ReplyReceived(Message):
    """Somebody answered. Ids and kind alone: the text stays in the ledger, where its agency reads it."""

    reply_id: UUID
    agency_id: UUID
    alert_id: UUID | None = Field(
        default=None, description="The newest it can be about; null: none is known."
    )
    delivery_id: UUID | None = None
    member_id: UUID | None = Field(
        default=None, description="Null where nobody, or more than one, has the number."
    )
    channel: Channel
    kind: ReplyKind
    received_at: datetime


class DeadLetter(Message):
    """Why a record could not be handled; the original bytes are the record's value."""

    topic: str
    partition: int
    offset: int
    group: str
    error: str
    cut_from: int | None = Field(
        default=None, description="Bytes of the original where it was too big to keep."
    )


class Replayed(Message):
    """On `dead-letters` after letters that were put back on their topics; no letter itself."""

    offsets: tuple[int, ...] = Field(description="Of the letters, in the partition that this note stands in.")


MESSAGES: Final[Mapping[str, type[Message]]] = {
    "io.tocsin.alert.accepted.v1": AlertAccepted,
    "io.tocsin.alert.cancelled.v1": AlertCancelled,
    "io.tocsin.alert.updated.v1": AlertUpdated,
    "io.tocsin.deliveries.requested.v1": DeliveriesRequested,
    "io.tocsin.receipt.v1": Receipt,
    "io.tocsin.alert.metrics.v1": AlertMetrics,
    "io.tocsin.reply.received.v1": ReplyReceived,
    "io.tocsin.dead-letter.v1": DeadLetter,
    "io.tocsin.dead-letters.replayed.v1": Replayed,
}
"""CloudEvents type of every message; the folder of its examples bears the same name."""
