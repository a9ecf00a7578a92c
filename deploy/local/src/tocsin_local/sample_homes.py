"""Where made households stand: near real postcodes, inside the ward they belong to."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from math import cos, pi, radians, sin, sqrt
from typing import TYPE_CHECKING, Final

from tocsin_local.sample_areas import SampleArea, data_text, encloses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

REACH_METRES: Final = 40
"""How far from the postcode's point a home may stand."""

TRIES: Final = 4
METRES_PER_DEGREE: Final = 111_300
"""Of latitude; at these distances the error is below a metre."""


@dataclass(frozen=True, slots=True)
class Place:
    """WGS84 degrees, and British National Grid metres (EPSG:27700), of the same point."""

    postcode: str
    longitude: float
    latitude: float
    easting: int
    northing: int


def postcodes_by_ward() -> Mapping[str, Sequence[Place]]:
    """Every ward's postcodes, in the file's order."""
    found: dict[str, list[Place]] = {}
    for row in csv.DictReader(data_text("postcodes.csv").splitlines()):
        found.setdefault(row["ward_code"], []).append(
            Place(
                postcode=row["postcode"],
                longitude=float(row["longitude"]),
                latitude=float(row["latitude"]),
                easting=int(row["easting"]),
                northing=int(row["northing"]),
            )
        )
    return found


def home_near(postcode: Place, *, ward: SampleArea, rng: Random) -> Place:
    """A home within `REACH_METRES` of the postcode's point, and in the ward if that point is."""
    for _ in range(TRIES):
        home = _moved(postcode, angle=2 * pi * rng.random(), metres=REACH_METRES * sqrt(rng.random()))
        if encloses(ward, longitude=home.longitude, latitude=home.latitude):
            return home
    return postcode


def _moved(place: Place, *, angle: float, metres: float) -> Place:
    east, north = round(metres * cos(angle)), round(metres * sin(angle))
    east_per_degree = METRES_PER_DEGREE * cos(radians(place.latitude))
    return Place(
        postcode=place.postcode,
        longitude=round(place.longitude + east / east_per_degree, 6),
        latitude=round(place.latitude + north / METRES_PER_DEGREE, 6),
        easting=place.easting + east,
        northing=place.northing + north,
    )
