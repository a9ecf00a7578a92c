"""What lies outside, one file a channel: a module here that has `OUTSIDE` is part of the harness."""

import importlib
import pkgutil
from collections.abc import Iterator

from tests.faults.outside import Outside, Provider


def every_channel() -> tuple[Outside, ...]:
    """All channels there are."""
    return tuple(_found())


def every_provider() -> tuple[Provider, ...]:
    """Whoever takes messages of any channel, each once."""
    return tuple(dict.fromkeys(provider for one in every_channel() for provider in one.providers))


def _found() -> Iterator[Outside]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        yield importlib.import_module(module.name).OUTSIDE
