"""Settings of every service that composes, prices or sends texts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, Field

from tocsin_runtime.settings import Settings


def _known(region: str) -> str:
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("not a region of ISO 3166-1 that has telephones")
    return region


Region = Annotated[str, AfterValidator(_known)]
Price = Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)]


class SmsSettings(Settings):
    """The same for all of them, so that what alert-api says of a text is what is sent."""

    sms_countries: frozenset[Region] = Field(
        default=frozenset({"GB"}), description="ISO 3166-1; texts to any other are refused."
    )
    sms_prices: Mapping[Region, Price] = Field(
        default={}, description="Of one segment, by country, in the platform's currency."
    )
    sms_currency: str = Field(default="GBP", pattern=r"^[A-Z]{3}$", description="ISO 4217.")
    sms_replace_typography: bool = Field(
        default=True, description="Write quotes, dashes and the like in plain where a text then costs less."
    )
