"""When an alert counts: rules that need the current time, which the validation context brings as `now`."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, ValidationInfo
from pydantic_core import PydanticCustomError

from tocsin_schemas.words import Severity

LONGEST: Final = timedelta(hours=48)  # work on Kafka is kept for three days
FURTHEST: Final = timedelta(days=30)
_CLOCK_SKEW: Final = timedelta(minutes=1)
_DEFAULTS: Final = {Severity.EXTREME: timedelta(hours=6), Severity.SEVERE: timedelta(hours=12)}
_OTHERWISE: Final = timedelta(hours=24)


def default_expiry(severity: Severity, *, now: datetime) -> datetime:
    """When an alert expires that does not say: after 6, 12 or 24 hours (design, section 5.1)."""
    return now + _DEFAULTS.get(severity, _OTHERWISE)


def _within_a_month(effective: datetime, info: ValidationInfo) -> datetime:
    if effective > _now(info) + FURTHEST:
        raise PydanticCustomError("max_effective", "At most 30 days from now.")
    return effective


def _not_in_the_future(effective: datetime, info: ValidationInfo) -> datetime:
    if effective > _now(info) + _CLOCK_SKEW:
        raise PydanticCustomError("not_scheduled", "Not in the future: an update goes out at once.")
    return effective


def _soon(expires: datetime, info: ValidationInfo) -> datetime:
    now = _now(info)
    begins = max(now, info.data.get("effective") or now)  # absent there where it was refused itself
    if expires <= now:
        raise PydanticCustomError("in_future", "Must be in the future.")
    if expires <= begins:
        raise PydanticCustomError("after_effective", "Must be after effective.")
    if expires > begins + LONGEST:
        raise PydanticCustomError("max_expiry", "At most 48 hours from now, or from effective.")
    return expires


def _now(info: ValidationInfo) -> datetime:
    if info.context is None:  # a caller of ours forgot it
        raise LookupError("now")
    now: datetime = info.context["now"]
    return now


Effective = Annotated[AwareDatetime, AfterValidator(_within_a_month)]
AlreadyEffective = Annotated[AwareDatetime, AfterValidator(_not_in_the_future)]
Expires = Annotated[AwareDatetime, AfterValidator(_soon)]
"""Its model has `effective`, too, and before it."""
