"""The `tocsin` command on a real database: what it prints, and its status."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest

from tocsin_cli.main import main
from tocsin_store import agencies, areas
from tocsin_store.pool import Pool

WARD = {
    "type": "Feature",
    "properties": {"code": "E05000009", "name": "Riverside"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[-2.70, 53.75], [-2.69, 53.75], [-2.69, 53.76], [-2.70, 53.75]]],
    },
}


@dataclass(frozen=True)
class Tocsin:
    """Runs the command as an operator does."""

    database_url: str

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        ours = {"TOCSIN_DATABASE_URL": self.database_url, "TOCSIN_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "tocsin_cli.main", *arguments],
            env=os.environ | ours,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def tocsin(database_url: str) -> Tocsin:
    return Tocsin(database_url)


class Called(Protocol):
    """Calls the command in this process and returns what it says on stderr."""

    def __call__(self, database_url: str, arguments: list[str], *, status: int) -> str: ...


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Called:
    def call(database_url: str, arguments: list[str], *, status: int) -> str:
        monkeypatch.setattr(sys, "argv", ["tocsin", *arguments])
        monkeypatch.setenv("TOCSIN_DATABASE_URL", database_url)
        monkeypatch.setenv("TOCSIN_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == status
        said = capsys.readouterr()
        assert said.out == ""
        return said.err

    return call


@pytest.fixture
def slug(tocsin: Tocsin) -> str:
    """An agency that was added by the command."""
    slug = f"a{uuid4().hex[:12]}"
    added = tocsin("agencies", "add", slug, "Fire & Rescue", "--from", "a@fire.example")
    assert added.returncode == 0, added.stderr
    return slug


async def test_a_key_is_printed_once_and_works(tocsin: Tocsin, slug: str, pool: Pool) -> None:
    made = tocsin("keys", "add", slug, "--scope", "alerts:write", "--scope", "alerts:read", "--json")

    key = json.loads(made.stdout)
    async with pool.acquire() as conn:
        stored = await agencies.find_key(conn, key["id"])
        dump = str(await conn.fetch("SELECT * FROM api_key"))
    assert stored is not None
    assert stored.scopes == {"alerts:write", "alerts:read"}
    assert key["key"].startswith(f"tcsn_{key['id']}_")
    assert key["key"].split("_", 2)[2] not in dump


async def test_a_key_is_revoked(tocsin: Tocsin, slug: str, pool: Pool) -> None:
    made = tocsin("keys", "add", slug, "--scope", "alerts:write")
    key_id = made.stdout.split("_")[1]

    revoked = tocsin("keys", "revoke", key_id)

    assert (revoked.returncode, revoked.stdout) == (0, f"Revoked {key_id}.\n")
    async with pool.acquire() as conn:
        stored = await agencies.find_key(conn, key_id)
    assert stored is not None
    assert stored.revoked_at is not None


def test_agencies_are_listed(tocsin: Tocsin, slug: str) -> None:
    listed = json.loads(tocsin("agencies", "list", "--json").stdout)

    assert [each["email_from"] for each in listed if each["slug"] == slug] == ["a@fire.example"]
    assert slug in tocsin("agencies", "list").stdout


async def test_areas_are_loaded_and_brought_up_to_date(tocsin: Tocsin, tmp_path: Path, pool: Pool) -> None:
    file = tmp_path / "wards.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [WARD]}))

    loaded = [tocsin("areas", "load", str(file), "--code", "code", "--name", "name") for _ in range(2)]

    assert [(each.returncode, each.stdout) for each in loaded] == [(0, "Loaded 1 areas.\n")] * 2
    async with pool.acquire() as conn:
        assert list(await areas.find(conn, ["E05000009", "E05999999"])) == ["E05000009"]


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (["nothing"], 2, "Unknown command"),
        (["agencies", "add"], 2, "requires an argument"),
        (["agencies", "add", "x1", "X", "--from", "a@b.c\r\nBcc: d@e.f"], 2, "not an email address"),
        (["agencies", "add", "x1", "X\nY", "--from", "a@b.c"], 2, "NAME"),
        (
            ["agencies", "add", "x1", "X", "--from", "a@b.c", "--voice-from", "Fire"],
            2,
            "--voice-from: a number",
        ),
        (
            ["agencies", "add", "x1", "X", "--from", "a@b.c", "--calls-per-s", "0"],
            2,
            "--calls-per-s: at least",
        ),
        (["agencies", "add", "x1", "X", "--from", "a@b.c", "--reply-to", "no"], 2, "--reply-to"),
        (["keys", "add", "nobody", "--scope", "alerts:write"], 1, "There is no agency nobody."),
        (["keys", "add", "nobody", "--scope", "everything"], 2, "--scope"),
        (["keys", "revoke", "nokey"], 1, "There is no key nokey."),
        (["areas", "load", "/nonexistent", "--code", "c", "--name", "n"], 1, "cannot be read"),
        (["topics", "apply"], 1, "Kafka does not answer"),
    ],
)
def test_a_failure_is_one_line_and_a_status(
    called: Called, database_url: str, arguments: list[str], status: int, line: str
) -> None:
    told = called(database_url, arguments, status=status)

    assert told.startswith("tocsin: ")
    assert line in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("arguments", [["migrate"], ["agencies", "list"]])
def test_a_database_that_is_down_is_one_line(called: Called, arguments: list[str]) -> None:
    told = called("postgresql://nobody@127.0.0.1:1/gone", arguments, status=1)

    assert told == "tocsin: The database does not answer (ConnectionRefusedError).\n"
