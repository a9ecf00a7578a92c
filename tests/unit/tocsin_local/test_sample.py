from collections import Counter
from itertools import groupby

import pytest

from tocsin_local.sample import SampleMember, areas, members
from tocsin_local.sample_areas import encloses
from tocsin_local.sample_homes import REACH_METRES, postcodes_by_ward
from tocsin_local.sample_wards import wards


@pytest.fixture(scope="module")
def people() -> list[SampleMember]:
    return list(members(6000))


def test_the_same_seed_makes_the_same_members(people: list[SampleMember]) -> None:
    assert list(members(6000)) == people


def test_another_seed_makes_others(people: list[SampleMember]) -> None:
    others = [member.name for member in members(100, seed=2)]

    assert others != [member.name for member in people[:100]]


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_fewer_members_are_the_first_of_more(people: list[SampleMember], count: int) -> None:
    assert list(members(count)) == people[:count]


def test_keys_count_up_from_zero(people: list[SampleMember]) -> None:
    assert [member.key for member in people] == list(range(6000))


def test_a_seed_s_first_members_stay_who_they_were() -> None:
    """Screenshots, docs and benchmarks name them; change this only together with the lists."""
    found = [(member.name, member.postcode, member.language) for member in members(3)]

    assert found == [
        ("Noor-ul-Ain Mahmood", "BB1 8RJ", "en-GB"),
        ("Karen Jones", "PR1 2XS", "en-GB"),
        ("Alan Bamber", "BB2 4JE", "en-GB"),
    ]


@pytest.mark.parametrize("count", [1000, 6000])
def test_wards_have_their_share_by_residents(people: list[SampleMember], count: int) -> None:
    known = wards()
    everyone = sum(ward.residents for ward in known)

    found = Counter(member.ward_code for member in people[:count])

    # A ward is ahead of or behind its share by less than the largest household, which is of four.
    assert {
        ward.area.code: found[ward.area.code]
        for ward in known
        if abs(found[ward.area.code] - count * ward.residents / everyone) > 4
    } == {}


def test_everyone_lives_inside_their_ward(people: list[SampleMember]) -> None:
    wards_by_code = {area.code: area for area in areas() if area.kind == "ward"}

    outside = [
        member.key
        for member in people
        if not encloses(wards_by_code[member.ward_code], longitude=member.longitude, latitude=member.latitude)
    ]

    assert outside == []


def test_everyone_lives_near_the_point_of_a_real_postcode_of_their_ward(people: list[SampleMember]) -> None:
    points = {
        (ward, place.postcode): place for ward, places in postcodes_by_ward().items() for place in places
    }

    for member in people:
        point = points[member.ward_code, member.postcode]
        assert abs(member.easting - point.easting) <= REACH_METRES
        assert abs(member.northing - point.northing) <= REACH_METRES


def test_degrees_and_metres_are_of_the_same_point(people: list[SampleMember]) -> None:
    """A degree of latitude is 111.3 km; the grid's north is within a degree of true north here."""
    points = {place.postcode: place for places in postcodes_by_ward().values() for place in places}

    for member in people:
        point = points[member.postcode]
        assert (member.latitude - point.latitude) * 111_300 == pytest.approx(
            member.northing - point.northing, abs=0.2
        )
        assert (member.longitude - point.longitude) * 65_800 == pytest.approx(
            member.easting - point.easting, abs=0.5
        )


def test_households_share_a_place_and_mostly_a_surname(people: list[SampleMember]) -> None:
    households = [list(group) for _, group in groupby(people, key=lambda member: member.household)]
    several = [household for household in households if len(household) > 1]

    places = {len({(member.easting, member.northing) for member in household}) for household in several}
    surnames = [len({member.name.split()[-1] for member in household}) for household in several]

    assert places == {1}
    assert surnames.count(1) > len(several) / 2
    assert 0.1 < len(several) / len(households) < 0.5


def test_names_and_languages_differ_from_ward_to_ward(people: list[SampleMember]) -> None:
    """In 2021, 2 in 100 residents of Darwen West were Indian or Pakistani, but 4 in 5 in Bastwell."""
    patels = Counter(member.ward_code for member in people if member.name.endswith(" Patel"))
    codes = {area.name: area.code for area in areas()}

    assert patels[codes["Bastwell & Daisyfield"]] > 5 * patels[codes["Darwen West"]]
