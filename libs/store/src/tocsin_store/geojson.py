"""Reads GeoJSON polygons (RFC 7946): structure only, each fault with its JSON pointer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, TypeAlias, TypeGuard, cast

_MOST_FAULTS: Final = 20
_FEWEST_POSITIONS: Final = 4
_HUGE: Final = 1e6  # also keeps out NaN, infinity and integers that no float can hold
_MEMBERS: Final = frozenset({"type", "coordinates", "bbox"})

Position: TypeAlias = tuple[float, float]
Ring: TypeAlias = Sequence[Position]
_Rings: TypeAlias = list[list[list[float]]]


@dataclass(frozen=True, slots=True)
class GeometryFault:
    """What is wrong with a geometry, and where in it."""

    pointer: str
    rule: str
    detail: str


class GeometryError(Exception):
    """A geometry breaks rules; `faults` names all of them, without values."""

    def __init__(self, faults: Sequence[GeometryFault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.rule}" for fault in faults))
        self.faults = tuple(faults)


def polygons(geometry: object) -> Mapping[str, Sequence[Ring]]:
    """The rings of each polygon, by the polygon's JSON pointer; outline first; closed; not yet in any bounds.

    Raises:
        GeometryError: It is no Polygon or MultiPolygon, or malformed.
    """
    if not isinstance(geometry, Mapping):
        raise GeometryError([GeometryFault("", "object", "Expected a GeoJSON geometry object.")])
    faults = tuple(islice(_geometry_faults(geometry), _MOST_FAULTS))
    if faults:
        raise GeometryError(faults)
    return {
        pointer: [[(float(at[0]), float(at[1])) for at in ring] for ring in rings]
        for pointer, rings in _polygons(geometry).items()
    }


def _geometry_faults(geometry: Mapping[str, object]) -> Iterator[GeometryFault]:
    yield from (
        GeometryFault(f"/{_escaped(name)}", "unknown_field", "No such member.")
        for name in geometry
        if name not in _MEMBERS
    )
    if "bbox" in geometry and not _is_box(geometry["bbox"]):
        yield GeometryFault("/bbox", "bbox", "Four or six numbers, degrees.")
    if geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        yield GeometryFault("/type", "enum", "One of Polygon, MultiPolygon.")
    elif not _filled(geometry.get("coordinates")):
        yield GeometryFault("/coordinates", "array", "Expected a non-empty array.")
    else:
        found = _polygons(geometry)
        yield from chain.from_iterable(_polygon_faults(rings, pointer) for pointer, rings in found.items())


def _polygons(geometry: Mapping[str, object]) -> dict[str, _Rings]:
    # The type is a promise that `_polygon_faults` checks before anyone relies on it.
    coordinates = cast("_Rings | list[_Rings]", geometry["coordinates"])
    if geometry["type"] == "Polygon":
        return {"/coordinates": cast("_Rings", coordinates)}
    return {f"/coordinates/{n}": rings for n, rings in enumerate(cast("list[_Rings]", coordinates))}


def _polygon_faults(rings: object, pointer: str) -> Iterator[GeometryFault]:
    if not _filled(rings):
        yield GeometryFault(pointer, "array", "Expected a non-empty array of rings.")
        return
    for number, ring in enumerate(rings):
        yield from _ring_faults(ring, f"{pointer}/{number}")


def _ring_faults(ring: object, pointer: str) -> Iterator[GeometryFault]:
    if not _filled(ring) or len(ring) < _FEWEST_POSITIONS:
        yield GeometryFault(
            pointer, "ring_length", "A ring has at least four positions, the last is the first."
        )
        return
    wrong = [number for number, position in enumerate(ring) if not _is_position(position)]
    yield from (
        GeometryFault(f"{pointer}/{number}", "position", "Expected [longitude, latitude], WGS84 degrees.")
        for number in wrong
    )
    if not wrong and ring[0] != ring[-1]:
        yield GeometryFault(pointer, "ring_closed", "The last position must equal the first.")


def _is_box(box: object) -> bool:
    return isinstance(box, list) and len(box) in {4, 6} and all(map(_is_number, box))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE


def _is_position(position: object) -> bool:
    return (
        isinstance(position, list)
        and len(position) in {2, 3}
        and all(map(_is_number, position))
        and abs(position[0]) <= 180  # noqa: PLR2004 - degrees of longitude
        and abs(position[1]) <= 90  # noqa: PLR2004 - degrees of latitude
    )


def _filled(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and len(value) > 0


def _escaped(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
