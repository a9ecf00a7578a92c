"""The real wards and districts of Preston and of Blackburn with Darwen, as polygons."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from itertools import chain, pairwise
from typing import Final, Literal, TypeAlias, TypedDict

Ring: TypeAlias = list[list[float]]
Kind: TypeAlias = Literal["ward", "district"]

CODE_FIELD: Final[dict[Kind, str]] = {"ward": "ward", "district": "lad"}


class Polygon(TypedDict):
    """GeoJSON (RFC 7946): outer ring first, then holes; longitude before latitude."""

    type: Literal["Polygon"]
    coordinates: list[Ring]


class MultiPolygon(TypedDict):
    """GeoJSON (RFC 7946): several polygons."""

    type: Literal["MultiPolygon"]
    coordinates: list[list[Ring]]


class _Feature(TypedDict):
    properties: dict[str, str]
    geometry: Polygon | MultiPolygon


class _Collection(TypedDict):
    features: list[_Feature]


@dataclass(frozen=True, slots=True)
class SampleArea:
    """A ward or a district; a district's `district_code` is its own code. Geometry is WGS84."""

    code: str
    name: str
    kind: Kind
    district_code: str
    geometry: Polygon | MultiPolygon


def areas() -> list[SampleArea]:
    """The 33 wards, then the 2 districts, each in order of code; read anew at each call."""
    return [*_layer("wards.geojson", kind="ward"), *_layer("districts.geojson", kind="district")]


def encloses(area: SampleArea, *, longitude: float, latitude: float) -> bool:
    """Whether the point lies in the area; on its edge, either answer."""
    edges = chain.from_iterable(pairwise(ring) for ring in _rings(area.geometry))
    # Even-odd over every ring at once: holes and islands need no case of their own.
    crossed = (
        longitude < x1 + (latitude - y1) * (x2 - x1) / (y2 - y1)
        for (x1, y1), (x2, y2) in edges
        if (y1 > latitude) != (y2 > latitude)
    )
    return sum(crossed) % 2 == 1


def data_text(name: str) -> str:
    """One of the committed data files, whole."""
    return (resources.files("tocsin_local") / "data" / name).read_text(encoding="utf-8")


def _layer(name: str, *, kind: Kind) -> list[SampleArea]:
    collection: _Collection = json.loads(data_text(name))
    field = CODE_FIELD[kind]
    found = [
        SampleArea(
            code=feature["properties"][f"{field}_code"],
            name=feature["properties"][f"{field}_name"],
            kind=kind,
            district_code=feature["properties"]["lad_code"],
            geometry=feature["geometry"],
        )
        for feature in collection["features"]
    ]
    return sorted(found, key=lambda area: area.code)


def _rings(geometry: Polygon | MultiPolygon) -> list[Ring]:
    if geometry["type"] == "Polygon":
        return geometry["coordinates"]
    return list(chain.from_iterable(geometry["coordinates"]))
