"""Numbers: which can be texted or called, and where they are."""

import phonenumbers
import pytest

from tocsin_runtime.numbers import (
    CALLS,
    REFUSED_COUNTRIES,
    TEXTS,
    Number,
    NumberRefusedError,
    Use,
    is_allowed,
    mobile,
    read,
    region_of,
)

_BRITAIN = frozenset({"GB"})


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("+44 7400 123456", Number("+447400123456", "GB")),
        ("07400 123456", Number("+447400123456", "GB")),
        ("(07400) 123-456", Number("+447400123456", "GB")),
        ("+33 6 12 34 56 78", Number("+33612345678", "FR")),
        ("+1 202 555 0123", Number("+12025550123", "US")),
    ],
)
def test_a_mobile_is_read_as_people_write_it(written: str, found: Number) -> None:
    assert mobile(written, region="GB", countries={"GB", "FR", "US"}) == found


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("none at all", "malformed"),
        ("+44 7400 12345", "malformed"),
        ("+44 7400 123456 ext. 5", "malformed"),
        ("+44 7700 900123", "malformed"),  # Ofcom's, for drama
        ("999", "short"),
        ("116 123", "short"),
        ("+44 20 7946 0000", "landline"),
        ("+44 909 879 0000", "premium"),
        ("+44 843 123 4567", "premium"),
        ("+44 70 1234 5678", "not_mobile"),
        ("+44 76 4012 3456", "not_mobile"),
        ("+44 800 111 1111", "not_mobile"),
        ("+44 300 123 4567", "not_mobile"),
        ("+881 6 1234 5678", "satellite"),
        ("+870 773 111 632", "satellite"),
        ("+878 10 1234567890", "satellite"),
        ("+979 123 456 789", "satellite"),
        ("+33 6 12 34 56 78", "country"),
        ("+44 7797 700000", "country"),  # Jersey: another price than its calling code says
    ],
)
def test_what_cannot_be_texted_is_refused_with_a_reason(number: str, rule: str) -> None:
    with pytest.raises(NumberRefusedError) as raised:
        mobile(number, region="GB", countries=_BRITAIN)

    assert raised.value.rule == rule
    assert not set("0123456789") & set(str(raised.value))


def test_a_refused_country_is_counted() -> None:
    before = REFUSED_COUNTRIES.labels("SO")._value.get()  # noqa: SLF001  # it has no other way to be read

    with pytest.raises(NumberRefusedError):
        mobile("+252 61 2345678", region="GB", countries=_BRITAIN)

    assert REFUSED_COUNTRIES.labels("SO")._value.get() == before + 1  # noqa: SLF001


@pytest.mark.parametrize("number", ["+447700900000", "07700 900999"])
def test_numbers_for_drama_are_taken_where_that_is_asked(number: str) -> None:
    assert mobile(number, region="GB", countries=_BRITAIN, fictional=True).region == "GB"


@pytest.mark.parametrize("use", [TEXTS, CALLS])
def test_every_type_of_number_is_taken_or_refused(use: Use) -> None:
    assert use.taken | set(use.refused) == set(phonenumbers.PhoneNumberType.values())
    assert not use.taken & set(use.refused)


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("01524 123456", "+441524123456"),
        ("020 7946 0000", "+442079460000"),
        ("07400 123456", "+447400123456"),
        ("056 1234 5678", "+445612345678"),
    ],
)
def test_landlines_are_called_as_mobiles_are(written: str, e164: str) -> None:
    assert read(written, use=CALLS, region="GB", countries=_BRITAIN) == Number(e164, "GB")


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("none at all", "malformed"),
        ("+44 20 7946 0000 ext. 5", "malformed"),
        ("999", "short"),
        ("112", "short"),
        ("101", "short"),
        ("+44 909 879 0000", "premium"),
        ("+44 843 123 4567", "premium"),
        ("+44 70 1234 5678", "premium"),
        ("+44 76 4012 3456", "not_home"),
        ("+44 800 111 1111", "not_home"),
        ("+44 300 123 4567", "not_home"),
        ("+881 6 1234 5678", "satellite"),
        ("+979 123 456 789", "satellite"),
        ("+33 1 42 68 53 00", "country"),
        ("+44 1534 700000", "country"),
    ],
)
def test_what_cannot_be_called_is_refused_with_a_reason(number: str, rule: str) -> None:
    with pytest.raises(NumberRefusedError) as raised:
        read(number, use=CALLS, region="GB", countries=_BRITAIN)

    assert raised.value.rule == rule
    assert not set("0123456789") & set(str(raised.value))


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+33612345678", "FR"),
        ("+447400123456", "GB"),
        ("+447700900123", "GB"),
        ("+447797700000", "JE"),
        ("+79161234567", "RU"),
        ("+77011234567", "KZ"),
        ("+14165550123", "CA"),
        ("+881612345678", "001"),
        ("+4412", None),
        ("+2101234567", None),
        ("", None),
    ],
)
def test_a_number_says_where_it_is(number: str, region: str | None) -> None:
    assert region_of(number) == region


@pytest.mark.parametrize(
    ("number", "allowed"),
    [
        ("+447400123456", True),
        ("+447700900123", True),
        ("+447797700000", False),
        ("+33612345678", False),
        ("+14165550123", True),
        ("+12025550123", False),
        ("+881612345678", False),
        ("", False),
    ],
)
def test_only_countries_that_are_allowed_are_texted(number: str, allowed: bool) -> None:  # noqa: FBT001
    assert is_allowed(number, countries={"GB", "CA"}) is allowed
