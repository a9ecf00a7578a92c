"""Kinds of faults, one file each: a module here that has `KINDS` is part of the harness."""

import importlib
import pkgutil
from collections.abc import Iterator

from tests.faults.fault import Kind


def every_kind() -> dict[str, Kind]:
    """All kinds there are, by name."""
    return {kind.name: kind for kind in _found()}


def _found() -> Iterator[Kind]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        yield from importlib.import_module(module.name).KINDS
