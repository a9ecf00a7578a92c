"""Writes the JSON Schema of every message to `schemas/json`; `--check` says whether they are stale."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from tocsin_schemas.messages import MESSAGES, Message

FOLDER: Final = Path(__file__).resolve().parents[2] / "json"


def json_schema(event_type: str, model: type[Message]) -> str:
    """The JSON Schema 2020-12 document of one message, as it is committed."""
    schema = model.model_json_schema()
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": event_type, **schema}
    return json.dumps(document, indent=2) + "\n"


def stale(folder: Path = FOLDER) -> list[Path]:
    """The committed schemas that differ from the models, or are missing, or belong to no message."""
    wanted = {folder / f"{name}.json": json_schema(name, model) for name, model in MESSAGES.items()}
    differing = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    return differing + sorted(set(folder.glob("*.json")) - set(wanted))


def write(folder: Path = FOLDER) -> None:
    """Bring the folder up to date."""
    folder.mkdir(exist_ok=True)
    for path in stale(folder):
        path.unlink(missing_ok=True)
    for name, model in MESSAGES.items():
        (folder / f"{name}.json").write_text(json_schema(name, model))


def main() -> None:
    """Write, or with `--check` exit 1 where a schema is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        write()
        return
    if behind := stale():
        names = ", ".join(path.name for path in behind)
        sys.exit(f"Stale schemas: {names}. Run `make schemas` and commit the result.")


if __name__ == "__main__":
    main()
