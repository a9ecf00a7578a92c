"""Numbers of sample members, and on which channels they chose to be reached."""

import re
from collections import Counter

import pytest

from tocsin_local.sample import ContactPoint, SampleMember, members
from tocsin_local.sample_phones import SENDER
from tocsin_schemas.words import Channel, Purpose

DRAMA = re.compile(r"\+447700900[0-9]{3}")  # Ofcom: 07700 900000 to 900999
HAVE_NUMBERS = 1_500


@pytest.fixture(scope="module")
def people() -> list[SampleMember]:
    return list(members(6000))


@pytest.fixture(scope="module")
def texted(people: list[SampleMember]) -> list[tuple[SampleMember, list[ContactPoint]]]:
    pairs = [(one, [point for point in one.contact_points if point.channel is Channel.SMS]) for one in people]
    return [(one, points) for one, points in pairs if points]


def channels_of(member: SampleMember) -> frozenset[Channel]:
    return frozenset(consent.channel for consent in member.consents)


def test_numbers_can_reach_nobody(texted: list[tuple[SampleMember, list[ContactPoint]]]) -> None:
    assert all(DRAMA.fullmatch(point.address) for _, points in texted for point in points)


def test_nobody_has_the_number_that_texts_come_from(
    texted: list[tuple[SampleMember, list[ContactPoint]]],
) -> None:
    assert SENDER not in {point.address for _, points in texted for point in points}


def test_a_number_is_shared_at_home_or_not_at_all(
    texted: list[tuple[SampleMember, list[ContactPoint]]],
) -> None:
    users = Counter(point.address for _, points in texted for point in points)
    homes = {(point.address, one.household) for one, points in texted for point in points}

    assert len(homes) == len(users) == 990
    assert 0 < sum(count > 1 for count in users.values()) < 50


def test_whoever_has_a_number_chose_texts(people: list[SampleMember]) -> None:
    chose = {
        (Channel.SMS in channels_of(one), any(point.channel is Channel.SMS for point in one.contact_points))
        for one in people
        if one.consents
    }

    assert chose == {(True, True), (False, False)}


def test_some_chose_email_some_texts_some_both(people: list[SampleMember]) -> None:
    chose = Counter(channels_of(one) - {Channel.VOICE} for one in people[:HAVE_NUMBERS] if one.consents)

    assert 0.35 < chose[frozenset({Channel.EMAIL})] / HAVE_NUMBERS < 0.55
    assert 0.1 < chose[frozenset({Channel.SMS})] / HAVE_NUMBERS < 0.2
    assert 0.3 < chose[frozenset({Channel.EMAIL, Channel.SMS})] / HAVE_NUMBERS < 0.5


def test_a_few_numbers_are_unconfirmed_or_were_changed(
    texted: list[tuple[SampleMember, list[ContactPoint]]],
) -> None:
    states = Counter(
        (len(points), points[0].confirmed, points[0].replaced, points[-1].confirmed) for _, points in texted
    )

    assert set(states) == {
        (1, True, False, True),
        (1, False, False, False),  # never confirmed
        (2, True, False, False),  # changing
        (2, True, True, True),  # changed
    }


def test_some_answered_stop_and_read_their_email(people: list[SampleMember]) -> None:
    alert = [
        {one.channel: one.granted for one in member.consents if one.purpose is Purpose.EMERGENCY}
        for member in people
    ]

    assert {Channel.EMAIL: True, Channel.SMS: False} in alert
