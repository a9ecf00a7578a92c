"""Names, addresses, languages and consents of sample members."""

import re
from collections import Counter

import pytest

from tocsin_local.sample import ContactPoint, SampleMember, members
from tocsin_schemas.words import Channel

RESERVED = ("example", "invalid", "test")  # RFC 2606 section 2, RFC 6761 section 6
ATEXT = re.compile(r"[a-z0-9'+_.-]+")  # a part of what RFC 5322 allows in an unquoted local part


@pytest.fixture(scope="module")
def people() -> list[SampleMember]:
    return list(members(6000))


@pytest.fixture(scope="module")
def points(people: list[SampleMember]) -> list[ContactPoint]:
    return [point for member in people for point in emails(member)]


def emails(member: SampleMember) -> list[ContactPoint]:
    return [point for point in member.contact_points if point.channel is Channel.EMAIL]


def test_addresses_are_unique(points: list[ContactPoint]) -> None:
    assert len({point.address for point in points}) == len(points)


def test_addresses_can_reach_nobody(points: list[ContactPoint]) -> None:
    assert {point.address.rpartition(".")[2] for point in points} == set(RESERVED)


def test_addresses_are_lawful(points: list[ContactPoint]) -> None:
    local_parts = [point.address.partition("@")[0] for point in points]

    odd = [local for local in local_parts if not ATEXT.fullmatch(local) or ".." in local or local[0] == "."]

    assert odd == []
    assert max(len(local) for local in local_parts) <= 64


def test_domains_have_unequal_shares(points: list[ContactPoint]) -> None:
    shares = Counter(point.address.partition("@")[2] for point in points)

    assert len(shares) == 12
    assert shares["mail.example"] > 10 * shares["tiny-host.invalid"]


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("'", id="straight apostrophe"),
        pytest.param("\N{RIGHT SINGLE QUOTATION MARK}", id="curly apostrophe"),
        pytest.param("-", id="hyphen"),
        pytest.param("[À-ž]", id="accent"),
        pytest.param("[\u0600-\u06ff]", id="right to left"),
        pytest.param("[\u0a00-\u0aff]", id="Gurmukhi or Gujarati"),
        pytest.param("[\u4e00-\u9fff]", id="Chinese"),
        pytest.param(r"\S \S+ \S", id="three words"),
    ],
)
def test_names_that_are_hard_to_render_exist(people: list[SampleMember], pattern: str) -> None:
    assert any(re.search(pattern, member.name) for member in people)


def test_most_chose_english_and_some_did_not(people: list[SampleMember]) -> None:
    languages = Counter(member.language for member in people)

    assert 0.9 < languages["en-GB"] / len(people) < 0.99
    assert {"ur", "pa", "gu", "pl", "ro", "ar", "bn"} <= set(languages)


def test_about_one_contact_point_in_a_hundred_is_unconfirmed(points: list[ContactPoint]) -> None:
    unconfirmed = sum(not point.confirmed for point in points)

    assert 0.005 < unconfirmed / len(points) < 0.02


def test_nobody_has_two_addresses_in_use(people: list[SampleMember]) -> None:
    in_use = Counter(
        sum(point.confirmed and not point.replaced for point in emails(member)) for member in people
    )

    assert set(in_use) == {0, 1}


def test_a_few_have_a_second_address(people: list[SampleMember]) -> None:
    second = [emails(member)[1] for member in people if len(emails(member)) > 1]

    assert {point.confirmed for point in second} == {True, False}
    assert 0.005 < len(second) / len(people) < 0.03


def test_about_two_in_a_hundred_never_consented(people: list[SampleMember]) -> None:
    assert 0.01 < sum(not member.consents for member in people) / len(people) < 0.03


def test_some_withdrew_consent(people: list[SampleMember]) -> None:
    withdrew = sum(any(not consent.granted for consent in member.consents) for member in people)

    assert 0.02 < withdrew / len(people) < 0.04


def test_a_consent_stands_once(people: list[SampleMember]) -> None:
    for member in people:
        kinds = [(consent.purpose, consent.channel) for consent in member.consents]
        assert len(set(kinds)) == len(kinds)
