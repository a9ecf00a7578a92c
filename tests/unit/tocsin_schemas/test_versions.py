"""One version for the whole platform."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_package_has_the_same_version() -> None:
    members = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]

    versions = {
        member: tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"]["version"]
        for member in members
    }

    assert len(set(versions.values())) == 1, versions
