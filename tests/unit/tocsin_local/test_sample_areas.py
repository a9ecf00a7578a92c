from tocsin_local.sample import SampleArea, areas
from tocsin_local.sample_areas import Polygon, Ring, encloses

SQUARE: Ring = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
HOLE: Ring = [[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]


def an_area(*rings: Ring) -> SampleArea:
    geometry: Polygon = {"type": "Polygon", "coordinates": list(rings)}
    return SampleArea("E05000000", name="Square", kind="ward", district_code="E07000000", geometry=geometry)


def test_33_wards_lie_in_2_districts() -> None:
    found = areas()

    districts = {area.code: area.name for area in found if area.kind == "district"}
    wards = [area for area in found if area.kind == "ward"]

    assert districts == {"E06000008": "Blackburn with Darwen", "E07000123": "Preston"}
    assert len({area.code for area in wards}) == 33
    assert {area.district_code for area in wards} == set(districts)


def test_a_point_in_the_square_is_enclosed() -> None:
    assert encloses(an_area(SQUARE), longitude=2, latitude=2)


def test_a_point_beside_the_square_is_not() -> None:
    assert not encloses(an_area(SQUARE), longitude=5, latitude=2)


def test_a_point_in_a_hole_is_not() -> None:
    assert not encloses(an_area(SQUARE, HOLE), longitude=2, latitude=2)
