"""GeoJSON to shapes in metres: what is refused, where, and how exact the rest is."""

from math import dist

import pytest

from tocsin_store.geometry import GeometryError, circle, shapes

SQUARE = [[-2.70, 53.75], [-2.69, 53.75], [-2.69, 53.76], [-2.70, 53.76], [-2.70, 53.75]]
HOLE = [[-2.697, 53.753], [-2.693, 53.753], [-2.693, 53.757], [-2.697, 53.757], [-2.697, 53.753]]
FAR = [[longitude + 0.1, latitude] for longitude, latitude in SQUARE]


def polygon(*rings: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_a_known_point_lands_where_the_national_grid_has_it() -> None:
    # Ordnance Survey's worked example: 52°39'28.8282"N 1°42'57.8663"E is TG 51409 13177.
    at = [1.716073973, 52.658007833]
    [shape] = shapes(polygon([at, [1.73, 52.658], [1.73, 52.668], at]))

    assert dist(shape.outline[0], (651409.903, 313177.270)) < 5


def test_a_polygon_keeps_its_hole() -> None:
    [shape] = shapes(polygon(SQUARE, HOLE))

    assert len(shape.outline) == 4
    assert [len(hole) for hole in shape.holes] == [4]


def test_a_multipolygon_is_several_shapes() -> None:
    found = shapes({"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [FAR]]})

    assert [len(shape.holes) for shape in found] == [1, 0]


def test_a_circle_holds_everyone_within_its_radius() -> None:
    shape = circle((-2.70, 53.75), 800)

    corners = shape.outline
    middle = (sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners))
    edges = zip(corners, [*corners[1:], corners[0]], strict=True)
    nearest = min(dist(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), middle) for a, b in edges)
    assert nearest == pytest.approx(800, abs=0.01)


@pytest.mark.parametrize(
    ("geometry", "faults"),
    [
        ([], {"": "object"}),
        (None, {"": "object"}),
        ({}, {"/type": "enum"}),
        ({"type": "Point", "coordinates": [0, 0]}, {"/type": "enum"}),
        ({"type": "Polygon"}, {"/coordinates": "array"}),
        (polygon(), {"/coordinates": "array"}),
        (polygon(7), {"/coordinates/0": "ring_length"}),
        (polygon(SQUARE[:3]), {"/coordinates/0": "ring_length"}),
        (polygon(SQUARE[:4]), {"/coordinates/0": "ring_closed"}),
        (polygon([*SQUARE[:4], ["x", 53]]), {"/coordinates/0/4": "position"}),
        (polygon([*SQUARE[:3], [True, 53], SQUARE[0]]), {"/coordinates/0/3": "position"}),
        (polygon([*SQUARE[:3], [181, 53], SQUARE[0]]), {"/coordinates/0/3": "position"}),
        (polygon([*SQUARE[:3], [10**400, 53], SQUARE[0]]), {"/coordinates/0/3": "position"}),
        (polygon([[lat, lon] for lon, lat in SQUARE]), {"/coordinates": "area_of_use"}),
        (polygon([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]), {"/coordinates": "valid_polygon"}),
        (polygon([SQUARE[0]] * 4), {"/coordinates": "valid_polygon"}),
        (polygon([SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[1], SQUARE[0]]), {"/coordinates": "valid_polygon"}),
        (polygon(SQUARE, FAR), {"/coordinates": "valid_polygon"}),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], 3]}, {"/coordinates/1": "array"}),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], []]}, {"/coordinates/1": "array"}),
        (polygon(SQUARE) | {"a/b": 1}, {"/a~1b": "unknown_field"}),
        (polygon(SQUARE) | {"bbox": [1, 2, 3]}, {"/bbox": "bbox"}),
    ],
)
def test_what_is_wrong_is_named(geometry: object, faults: dict[str, str]) -> None:
    with pytest.raises(GeometryError) as refused:
        shapes(geometry)

    assert {fault.pointer: fault.rule for fault in refused.value.faults} == faults


def test_many_faults_are_cut_at_twenty() -> None:
    with pytest.raises(GeometryError) as refused:
        shapes(polygon([["x", "y"]] * 1000))

    assert len(refused.value.faults) == 20


def test_vertices_are_limited() -> None:
    shapes(polygon(SQUARE), max_vertices=5)

    with pytest.raises(GeometryError, match="max_vertices"):
        shapes(polygon(SQUARE), max_vertices=4)


@pytest.mark.parametrize("center", [(2.3, 48.8), (53.75, -2.70), (-2.7, 90.0)])
def test_a_circle_outside_great_britain_is_refused(center: tuple[float, float]) -> None:
    with pytest.raises(GeometryError, match="area_of_use"):
        circle(center, 800)
