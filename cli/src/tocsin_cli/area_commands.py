"""`tocsin areas`: polygons that alerts name by code."""

import json as codec
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter

from tocsin_cli.database import in_transaction
from tocsin_cli.errors import CommandError
from tocsin_cli.output import say, say_json
from tocsin_store import areas, audit
from tocsin_store.areas import Area
from tocsin_store.geometry import GeometryError, shapes
from tocsin_store.pool import Connection

app: Final = App(name="areas", help="Areas by code, e.g. wards.")


@app.command
def load(
    file: Path,
    /,
    *,
    code: str,
    name: str,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Load areas from GeoJSON (WGS84), or bring those with the same code up to date.

    Args:
        file: A FeatureCollection of polygons.
        code: Property that holds an area's code.
        name: Property that holds its name.
        json: Print JSON.
    """
    found = [_area(feature, number, code=code, name=name) for number, feature in enumerate(_features(file))]

    async def work(conn: Connection) -> int:
        loaded = await areas.load(conn, found)
        await audit.append(
            conn, agency_id=None, actor="tocsin areas load", action="areas loaded", subject=str(loaded)
        )
        return loaded

    loaded = in_transaction(work)
    if json:
        say_json({"loaded": loaded})
    else:
        say(f"Loaded {loaded} areas.")


def _features(file: Path) -> list[object]:
    try:
        document = codec.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {type(error).__name__}: it cannot be read as JSON.") from error
    found = document.get("features") if isinstance(document, dict) else None
    if not isinstance(found, list) or not found:
        raise CommandError(f"{file}: not a GeoJSON FeatureCollection with features.")
    return found


def _area(feature: object, number: int, *, code: str, name: str) -> Area:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    if not isinstance(feature, Mapping) or not isinstance(properties, Mapping):
        raise CommandError(f"Feature {number}: it has no properties.")
    area_code, area_name = properties.get(code), properties.get(name)
    if not isinstance(area_code, str) or not isinstance(area_name, str):
        raise CommandError(f"Feature {number}: properties {code} and {name} must be texts.")
    try:
        shapes(feature.get("geometry"))
    except GeometryError as error:
        raise CommandError(f"Feature {number} ({area_code}): {error}.") from error
    return Area(area_code, area_name, feature["geometry"])
