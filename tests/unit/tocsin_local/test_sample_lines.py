"""Landlines of sample members, and who is called there."""

import re
from collections import defaultdict

import pytest

from tocsin_local.sample import SampleMember, members
from tocsin_local.sample_lines import CALLER
from tocsin_schemas.words import Channel

DRAMA = re.compile(r"\+442079460[0-9]{3}")  # Ofcom: 020 7946 0000 to 0999


@pytest.fixture(scope="module")
def people() -> list[SampleMember]:
    return list(members(3000))


def lines_of(member: SampleMember) -> list[str]:
    return [point.address for point in member.contact_points if point.channel is Channel.VOICE]


def test_lines_can_reach_nobody_and_none_is_ours(people: list[SampleMember]) -> None:
    lines = {line for one in people for line in lines_of(one)}

    assert all(DRAMA.fullmatch(line) for line in lines)
    assert CALLER not in lines


def test_a_line_is_one_homes_and_some_homes_share_theirs(people: list[SampleMember]) -> None:
    homes = defaultdict(set)
    users = defaultdict(list)
    for one in people:
        for line in lines_of(one):
            homes[line].add(one.household)
            users[line].append(one.key)

    assert {len(each) for each in homes.values()} == {1}
    assert max(map(len, users.values())) > 1


def test_whoever_has_a_line_chose_calls_and_a_share_did(people: list[SampleMember]) -> None:
    chose = [
        (any(consent.channel is Channel.VOICE for consent in one.consents), bool(lines_of(one)))
        for one in people
        if one.consents
    ]

    assert set(chose) == {(True, True), (False, False)}
    assert 0.1 < sum(called for called, _ in chose) / len(chose) < 0.35
