"""Where an alert goes: the shapes of all its areas, or every fault in them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, TypeGuard

from alert_api.problems import Fault
from tocsin_store import areas
from tocsin_store.geometry import MAX_RADIUS_M, GeometryError, GeometryFault, Shape, circle, shapes
from tocsin_store.pool import Connection

MAX_VERTICES: Final = 10_000


async def shapes_of(conn: Connection, posted: object) -> tuple[list[Shape], list[Fault]]:
    """Resolve a body's areas, passing over what is of the wrong type: those faults are told elsewhere.

    Args:
        conn: To look codes up.
        posted: The body as JSON, checked or not.
    """
    entries = _entries(posted)
    codes = [code for entry in entries.values() if _could_be(code := entry.get("code"))]
    known = await areas.find(conn, codes) if codes else {}
    found: list[Shape] = []
    faults: list[Fault] = []
    for number, entry in entries.items():
        try:
            found += [replace(shape, area=number) for shape in _resolved(entry, known)]
        except GeometryError as error:
            faults += [
                Fault(f"/areas/{number}{each.pointer}", each.rule, each.detail) for each in error.faults
            ]
    return found, faults


def _could_be(code: object) -> TypeGuard[str]:
    return isinstance(code, str) and code.isprintable()  # PostgreSQL refuses a text with NUL


def _entries(posted: object) -> dict[int, Mapping[str, object]]:
    given = posted.get("areas") if isinstance(posted, Mapping) else None
    listed = given if isinstance(given, list) else []
    return {n: entry for n, entry in enumerate(listed) if isinstance(entry, Mapping)}


def _resolved(entry: Mapping[str, object], known: Mapping[str, Sequence[Shape]]) -> Sequence[Shape]:
    if isinstance(code := entry.get("code"), str):
        return _by_code(code, known)
    if isinstance(geometry := entry.get("geometry"), Mapping):
        with _below("/geometry"):
            return shapes(geometry, max_vertices=MAX_VERTICES)
    if isinstance(given := entry.get("circle"), Mapping):
        with _below("/circle"):
            return _circles(given)
    return []


def _by_code(code: str, known: Mapping[str, Sequence[Shape]]) -> Sequence[Shape]:
    if code not in known:
        raise GeometryError([GeometryFault("/code", "known_area", "No area has this code.")])
    return known[code]


def _circles(given: Mapping[str, object]) -> list[Shape]:
    match given:
        case {
            "center": [int() | float() as longitude, int() | float() as latitude],
            "radius_m": int() | float() as radius,
        } if 0 < radius <= MAX_RADIUS_M:
            return [circle((longitude, latitude), radius)]
    return []


@contextmanager
def _below(pointer: str) -> Iterator[None]:
    """Say of faults where in the area they are."""
    try:
        yield
    except GeometryError as error:
        raise GeometryError(
            [GeometryFault(pointer + each.pointer, each.rule, each.detail) for each in error.faults]
        ) from None
