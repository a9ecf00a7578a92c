"""Areas by code: wards, districts and what else an operator loads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tocsin_store.geometry import Shape, shapes
from tocsin_store.pool import Connection


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon with a code and a name; `geometry` is GeoJSON as it was given."""

    code: str
    name: str
    geometry: Mapping[str, object]


async def load(conn: Connection, areas: Iterable[Area]) -> int:
    """Add areas, or bring those with the same code up to date; return how many. Alerts already posted keep theirs.

    Raises:
        GeometryError: A geometry breaks a rule; nothing is stored.
    """
    every = list(areas)
    for area in every:
        shapes(area.geometry)
    await conn.executemany(
        """
        INSERT INTO area (code, name, geometry)
        VALUES           ($1,   $2,   $3)
        ON CONFLICT (code) DO UPDATE
        SET name     = excluded.name,
            geometry = excluded.geometry
        """,
        [(area.code, area.name, dict(area.geometry)) for area in every],
    )
    return len(every)


async def find(conn: Connection, codes: Sequence[str]) -> dict[str, list[Shape]]:
    """The shapes of areas by code; codes that are not known are absent."""
    rows = await conn.fetch(
        "SELECT code, geometry FROM area WHERE code = ANY($1::text[])", list(dict.fromkeys(codes))
    )
    return {row["code"]: shapes(row["geometry"]) for row in rows}
