"""Areas as they are posted (GeoJSON, WGS84) to areas as they are stored (outlines and holes in metres, EPSG:27700).

Core PostgreSQL geometry is wrong by tens of metres in degrees and exact in metres.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, pairwise
from math import cos, pi, sin
from typing import Final, TypeAlias

import shapely
from pydantic_core import to_json
from pyproj import CRS, Transformer

from tocsin_store.geojson import GeometryError, GeometryFault, Position, Ring, polygons

__all__ = [
    "MAX_RADIUS_M",
    "GeometryError",
    "GeometryFault",
    "Metres",
    "Shape",
    "circle",
    "polygon_text",
    "shapes",
]

MAX_RADIUS_M: Final = 200_000
_CIRCLE_POINTS: Final = 128
_MOST_FAULTS: Final = 20
_METRES: Final = "EPSG:27700"

Metres: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """One polygon: its outline and the holes in it, (easting, northing) in metres, not closed."""

    outline: Sequence[Metres]
    holes: Sequence[Sequence[Metres]] = ()
    area: int | None = None
    """Which of an alert's areas it belongs to, as they were posted, from 0 on."""


def shapes(geometry: object, *, max_vertices: int | None = None) -> list[Shape]:
    """Turn a GeoJSON Polygon or MultiPolygon into shapes.

    Args:
        geometry: Parsed JSON, not yet checked in any way.
        max_vertices: Most positions it may have in all.

    Raises:
        GeometryError: Carries every fault with its JSON pointer, twenty at most; no value is in it.
    """
    found = polygons(geometry)
    _refuse(_too_many(found, max_vertices))
    _refuse(fault for pointer, rings in found.items() for fault in _out_of_bounds(rings, pointer))
    built = {pointer: _shape(rings) for pointer, rings in found.items()}
    _refuse(fault for pointer, shape in built.items() for fault in _invalid(shape, pointer))
    return list(built.values())


def circle(center: Position, radius_m: float) -> Shape:
    """Draw a polygon of 128 corners around a circle; nobody inside the circle is outside of it.

    Raises:
        GeometryError: The centre is outside Great Britain.
    """
    _refuse(_out_of_bounds([[center]], "/center"))
    [(easting, northing)] = _to_metres([center])
    radius = radius_m / cos(pi / _CIRCLE_POINTS)
    return Shape([(easting + radius * east, northing + radius * north) for east, north in _directions()])


def polygon_text(ring: Sequence[Metres]) -> str:
    """A ring as PostgreSQL reads a polygon, to the last digit; Python's own `repr` takes seven times as long."""
    return f"({to_json([*chain.from_iterable(ring)])[1:-1].decode()})"


def _refuse(faults: Iterator[GeometryFault]) -> None:
    if found := tuple(islice(faults, _MOST_FAULTS)):
        raise GeometryError(found)


def _too_many(found: Mapping[str, Sequence[Ring]], most: int | None) -> Iterator[GeometryFault]:
    vertices = sum(len(ring) for rings in found.values() for ring in rings)
    if most is not None and vertices > most:
        yield GeometryFault("/coordinates", "max_vertices", f"At most {most} positions.")


def _out_of_bounds(rings: Sequence[Ring], pointer: str) -> Iterator[GeometryFault]:
    west, south, east, north = _bounds()
    inside = all(west <= lon <= east and south <= lat <= north for ring in rings for lon, lat in ring)
    if not inside:
        yield GeometryFault(
            pointer, "area_of_use", "Lies outside Great Britain; positions are [longitude, latitude]."
        )


def _invalid(shape: Shape, pointer: str) -> Iterator[GeometryFault]:
    polygon = shapely.Polygon(shape.outline, shape.holes)
    if not polygon.is_valid:
        reason = shapely.is_valid_reason(polygon).partition("[")[0].strip()
        yield GeometryFault(pointer, "valid_polygon", f"{reason}.")
    elif polygon.area == 0:
        yield GeometryFault(pointer, "valid_polygon", "Encloses nothing.")


def _shape(rings: Sequence[Ring]) -> Shape:
    outline, *holes = [_open(_to_metres(ring)) for ring in rings]
    return Shape(outline, holes)


def _open(ring: Sequence[Metres]) -> list[Metres]:
    return [point for point, following in pairwise(ring) if point != following]


def _to_metres(ring: Ring) -> list[Metres]:
    eastings, northings = _transformer().transform([lon for lon, _ in ring], [lat for _, lat in ring])
    return list(zip(eastings, northings, strict=True))


@cache
def _directions() -> Sequence[Metres]:
    """All round, a metre each."""
    angles = (2 * pi * n / _CIRCLE_POINTS for n in range(_CIRCLE_POINTS))
    return tuple((cos(angle), sin(angle)) for angle in angles)


@cache
def _transformer() -> Transformer:
    return Transformer.from_crs("EPSG:4326", _METRES, always_xy=True)


@cache
def _bounds() -> tuple[float, float, float, float]:
    area = CRS(_METRES).area_of_use
    if area is None:  # the type allows it; this system has one
        raise LookupError(_METRES)
    return area.bounds
