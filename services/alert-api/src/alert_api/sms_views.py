"""What the API says of texts before they are sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from alert_api.call_views import CallsView
from tocsin_runtime.sms.gsm7 import Encoding
from tocsin_schemas.words import Channel, Lane


class Money(BaseModel):
    """An amount; `amount` is a decimal number."""

    amount: str
    currency: str = Field(description="ISO 4217.")


class CostlyView(BaseModel):
    """What keeps a text out of GSM-7, which has 160 characters to a segment in place of 70."""

    model_config = ConfigDict(from_attributes=True)

    characters: Sequence[str]
    extra_segments: int = Field(description="How many fewer it would be without them.")


class TextView(BaseModel):
    """What members who read a language get."""

    model_config = ConfigDict(from_attributes=True)

    language: str
    encoding: Encoding
    segments: int = Field(description="As carriers bill it.")
    replaced: Sequence[str] = Field(
        description="Typography that is written in plain, for it would cost more."
    )
    costly: CostlyView
    text: str | None = Field(None, validation_alias="body", description="What is sent; in a preview only.")
    sha256: str = Field(description="Of what is sent, in UTF-8.")


class TextsView(BaseModel):
    """An alert as texts, and what all of them take together. Null: not counted, for that took too long."""

    languages: Sequence[TextView]
    deliveries: int | None
    segments: int | None
    price: Money | None = Field(description="Null also where a price is not known.")
    begins: datetime | None = Field(
        description="When the first leaves: others of the same sender may be before."
    )
    ends: datetime | None = Field(description="When the last leaves, at the sender's pace.")
    too_late: int | None = Field(
        description="How many cannot leave before the alert expires. They are not sent."
    )


class Preview(BaseModel):
    """What would become of an alert if it were posted now. Nothing is stored."""

    lane: Lane
    expires: datetime
    deliveries: Mapping[Channel, int | None] = Field(
        description="One per member and contact point who would be written to; null: not counted, for that took too long."
    )
    texts: TextsView | None = Field(description="Null where no texts are sent.")
    calls: CallsView | None = Field(description="Null where nobody is called.")
