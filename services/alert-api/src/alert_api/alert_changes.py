"""The bodies that change an alert: `POST /v1/alerts/{id}/updates` and `…/cancel`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from alert_api.alert_post import Area, Body, Channels, Content, Infos, Line
from alert_api.alert_times import AlreadyEffective, Expires
from tocsin_schemas.words import Channel

To = Literal["reached", "audience"]


def _needed_for_an_audience(areas: list[Area] | None, info: ValidationInfo) -> list[Area] | None:
    if areas is None and info.data.get("to") == "audience":
        raise PydanticCustomError("required", "Whom to reach: needed where `to` is audience.")
    return areas


def _those_that_reached(channels: list[Channel] | None, info: ValidationInfo) -> list[Channel] | None:
    if info.data.get("to") == "audience":
        return [Channel.EMAIL] if channels is None else channels
    if channels is not None and info.data.get("to") == "reached":
        raise PydanticCustomError(
            "not_with_reached", "Those reached get it on the channel that reached them: leave channels out."
        )
    return channels


class AlertUpdate(Content):
    """What an alert says from now on, and to whom. It replaces the version in force at once."""

    to: To = Field(
        description="reached: whom any earlier version has reached, by the same way. audience: everybody who is in "
        "the areas and has consented now."
    )
    effective: AlreadyEffective | None = Field(
        None, description="Not in the future: an update goes out at once."
    )
    expires: Expires | None = Field(
        None, description="After this nothing is sent; 48 hours at most. Default 6, 12, 24 hours by severity."
    )
    areas: Annotated[
        Annotated[list[Area], Field(min_length=1, max_length=200)] | None,
        AfterValidator(_needed_for_an_audience),
    ] = Field(
        None, validate_default=True, description="Needed for an audience; else those of the version before."
    )
    channels: Annotated[
        Annotated[Channels, Field(min_length=1)] | None, AfterValidator(_those_that_reached)
    ] = Field(None, validate_default=True, description="For an audience only. Default: email.")


class CancelPost(Body):
    """Calls an alert off: nothing of it is sent from now on, to nobody."""

    reason: Line = Field(description="Why: kept with the alert and shown to you, never sent to members.")
    all_clear: Annotated[Infos, Field(min_length=1, max_length=20)] | None = Field(
        None, description="What those whom it has reached are told; without it they are told nothing."
    )
