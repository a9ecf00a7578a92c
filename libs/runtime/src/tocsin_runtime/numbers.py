"""Numbers: which can be texted or called, and where they are (ITU-T E.164, by the plans that libphonenumber keeps)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType
from prometheus_client import Counter

from tocsin_schemas.words import Channel
from tocsin_store.pauses import route_of

REFUSED_COUNTRIES: Final = Counter(
    "tocsin_refused_countries_total",
    "Numbers refused because their country is not allowed: many at once may be toll fraud.",
    ["region"],
)

NOWHERE: Final = "001"
"""Region of what belongs to no country: satellite phones, global services."""
_FICTIONAL: Final = range(7_700_900_000, 7_700_901_000)
"""07700 900000 to 900999: Ofcom keeps them free for drama, so no plan knows them."""
_FICTIONAL_CODE: Final = 44
_REMEMBERED: Final = 65_536

_MALFORMED: Final = ("malformed", "No such number can exist.")
_PREMIUM: Final = ("premium", "A number that earns money when it is texted or called.")


@dataclass(frozen=True, slots=True)
class Use:
    """What a channel makes of the types of numbers that there are."""

    taken: frozenset[int]
    refused: Mapping[int, tuple[str, str]]
    """Every other type: rule and why."""


TEXTS: Final = Use(
    taken=frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}),
    refused={
        PhoneNumberType.FIXED_LINE: ("landline", "A landline takes no texts."),
        PhoneNumberType.PREMIUM_RATE: _PREMIUM,
        PhoneNumberType.SHARED_COST: _PREMIUM,
        PhoneNumberType.TOLL_FREE: ("not_mobile", "A free number, not a mobile's."),
        PhoneNumberType.VOIP: ("not_mobile", "An internet telephone's, not a mobile's."),
        PhoneNumberType.PERSONAL_NUMBER: (
            "not_mobile",
            "Calls to it go elsewhere, at a price that nobody knows.",
        ),
        PhoneNumberType.PAGER: ("not_mobile", "A pager's, not a mobile's."),
        PhoneNumberType.UAN: ("not_mobile", "A company's, not a mobile's."),
        PhoneNumberType.VOICEMAIL: ("not_mobile", "A voice mailbox, not a mobile's."),
        PhoneNumberType.UNKNOWN: _MALFORMED,
    },
)
CALLS: Final = Use(
    taken=frozenset(
        {
            PhoneNumberType.FIXED_LINE,
            PhoneNumberType.MOBILE,
            PhoneNumberType.FIXED_LINE_OR_MOBILE,
            PhoneNumberType.VOIP,
        }
    ),
    refused={
        PhoneNumberType.PREMIUM_RATE: _PREMIUM,
        PhoneNumberType.SHARED_COST: _PREMIUM,
        PhoneNumberType.TOLL_FREE: ("not_home", "A free number, nobody's own."),
        PhoneNumberType.PERSONAL_NUMBER: (
            "premium",
            "Calls to it go elsewhere, at a price that nobody knows.",
        ),
        PhoneNumberType.PAGER: ("not_home", "A pager's: nobody answers it."),
        PhoneNumberType.UAN: ("not_home", "A company's, nobody's own."),
        PhoneNumberType.VOICEMAIL: ("not_home", "A voice mailbox: nobody answers it."),
        PhoneNumberType.UNKNOWN: _MALFORMED,
    },
)


@dataclass(frozen=True, slots=True)
class Number:
    """One that can be reached."""

    e164: str
    region: str
    """ISO 3166-1, such as GB."""


class NumberRefusedError(Exception):
    """It cannot be reached, or may not be. Says why, never the number."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
        """One of malformed, short, landline, premium, satellite, not_mobile, not_home, country."""
        self.detail = detail


def mobile(text: str, *, region: str, countries: Collection[str], fictional: bool = False) -> Number:
    """Read a number that is to be texted; see `read`."""
    return read(text, use=TEXTS, region=region, countries=countries, fictional=fictional)


def read(text: str, *, use: Use, region: str, countries: Collection[str], fictional: bool = False) -> Number:
    """Read a number as somebody wrote it; takes some 0.2 ms, so it is done once, where a number comes in.

    Args:
        text: With or without its country's calling code.
        use: What it is for.
        region: Whose number it is where it has none.
        countries: Which regions are allowed.
        fictional: Whether those that Ofcom keeps free for drama are taken, for samples and tests.

    Raises:
        NumberRefusedError: With one of its rules. A refused country moves `tocsin_refused_countries_total`.
    """
    number = _parsed(text, region=region)
    found = _home(number) if fictional or not _is_fictional(number) else None
    if found == NOWHERE:
        raise NumberRefusedError(
            "satellite", "It belongs to no country: a satellite phone or a global service."
        )
    kind = PhoneNumberType.MOBILE if found and _is_fictional(number) else phonenumbers.number_type(number)
    if found is None and phonenumbers.is_valid_short_number(number):
        raise NumberRefusedError("short", "A short number, or one for emergencies.")
    if found is None or kind not in use.taken:
        raise NumberRefusedError(*use.refused.get(kind, _MALFORMED))
    if found not in countries:
        REFUSED_COUNTRIES.labels(found).inc()
        raise NumberRefusedError("country", "Its country is not allowed.")
    return Number(_e164(number), found)


def region_of(e164: str) -> str | None:
    """Tell where a number is; in a microsecond, but for the first time where several regions share a calling code."""
    regions = _sharing(e164)
    return _looked_up(e164) if len(regions) > 1 else next(iter(regions), None)


def region_of_code(code: str, *, countries: Collection[str]) -> str | None:
    """Name the first allowed region of those that share a calling code such as "+44"; None where none is."""
    return next((region for region in _sharing(code) if region in countries), None)


def is_allowed(e164: str, *, countries: Collection[str]) -> bool:
    """Whether a number's country is among the allowed."""
    allowed = [region in countries for region in _sharing(e164)]
    if all(allowed) or not any(allowed):
        return any(allowed)
    return _looked_up(e164) in countries


def _sharing(e164: str) -> Collection[str]:
    code = route_of(Channel.SMS, e164)
    return phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code else ()


@lru_cache(maxsize=_REMEMBERED)
def _looked_up(e164: str) -> str | None:
    try:
        return _home(_parsed(e164, region=None))
    except NumberRefusedError:
        return None


def _parsed(text: str, *, region: str | None) -> PhoneNumber:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise NumberRefusedError(*_MALFORMED) from error
    if number.extension:
        raise NumberRefusedError("malformed", "A number with an extension cannot be reached by itself.")
    return number


def _home(number: PhoneNumber) -> str | None:
    return "GB" if _is_fictional(number) else phonenumbers.region_code_for_number(number)


def _is_fictional(number: PhoneNumber) -> bool:
    return number.country_code == _FICTIONAL_CODE and number.national_number in _FICTIONAL


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
