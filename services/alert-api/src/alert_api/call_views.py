"""What the API says of calls before they are made."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field


class SaidView(BaseModel):
    """What members who hear a language are told."""

    language: str
    said: Sequence[str] | None = Field(
        None,
        description="Who calls, the message as it is read aloud, and what the keys do; in a preview only. "
        "A machine is told the first two.",
    )


class CallsView(BaseModel):
    """An alert as calls, and how long all of them take. Null: not counted, for that took too long."""

    languages: Sequence[SaidView]
    deliveries: int | None = Field(description="One to a household; none to countries that are refused.")
    begins: datetime | None = Field(
        description="When the first is made: others of the same caller may be before."
    )
    ends: datetime | None = Field(description="When the last is made, at the caller's pace.")
    minutes: int | None = Field(description="Until then, from now.")
    too_late: int | None = Field(
        description="How many cannot be made before the alert expires. They are not made. What is routine is called "
        "between 08:00 and 21:00, here by the clock of most of them; hours that members have chosen are not foretold."
    )
