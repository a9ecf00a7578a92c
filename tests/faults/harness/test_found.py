import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from tests.faults import channels, kinds
from tests.faults.channels import every_channel, every_provider
from tests.faults.evidence.leaks import Personal, leaks_in
from tests.faults.kinds import every_kind
from tocsin_local.layout import Layout

A_KIND = """
from tests.faults.fault import Kind

async def _strike(scene, what): ...

KINDS = (Kind("nothing-at-all", lambda random, scale: {}, _strike),)
"""
A_CHANNEL = """
from dataclasses import replace

from tests.faults.channels.email import OUTSIDE as EMAIL
from tests.faults.outside import Provider

OUTSIDE = replace(EMAIL, marks=("pigeon-",), providers=(Provider("loft", port=17),))
"""

Drop = Callable[[ModuleType, str], None]


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drop]:
    """Puts a file of this text into the folder of a package, as far as Python can tell."""

    def dropped(package: ModuleType, text: str) -> None:
        (tmp_path / "dropped_here.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        monkeypatch.setattr(package, "dropped_here", None, raising=False)

    yield dropped
    for package in (channels, kinds):
        sys.modules.pop(f"{package.__name__}.dropped_here", None)


def modules_of(package: ModuleType) -> list[ModuleType]:
    files = sorted(path.stem for folder in package.__path__ for path in Path(folder).glob("*.py"))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in files if name != "__init__"]


def test_every_file_of_the_kinds_contributes() -> None:
    names = [[kind.name for kind in module.KINDS] for module in modules_of(kinds)]

    assert all(names)
    assert sorted(name for several in names for name in several) == sorted(every_kind())


def test_every_file_of_the_channels_contributes() -> None:
    outsides = [module.OUTSIDE for module in modules_of(channels)]

    assert [*every_channel()] == outsides


def test_a_kind_of_fault_is_there_once_its_file_is(drop: Drop) -> None:
    drop(kinds, A_KIND)

    assert "nothing-at-all" in every_kind()


def test_a_channel_is_there_once_its_file_is(drop: Drop) -> None:
    drop(channels, A_CHANNEL)

    assert [one.marks for one in every_channel()].count(("pigeon-",)) == 1
    assert "loft" in [one.name for one in every_provider()]
    assert [leak.what for leak in leaks_in("a log", b"to=Pigeon-7", personal=Personal())] == ["address"]


def test_channels_do_not_get_in_each_other_s_way(tmp_path: Path) -> None:
    outsides, providers = every_channel(), every_provider()

    assert len({one.channel for one in outsides}) == len(outsides)
    assert len({one.ledger.copy for one in outsides}) == len(outsides)
    assert len({one.name for one in providers}) == len(providers)
    assert all(one.ledger.where(Layout.at(tmp_path)).is_relative_to(tmp_path) for one in outsides)


def test_every_address_has_the_mark_by_which_it_is_found() -> None:
    random = Random(1)  # noqa: S311 - nothing is kept secret

    for one in every_channel():
        addresses = [one.address(random.getrandbits(64), "homes.example") for _ in range(100)]

        assert len(set(addresses)) == 100
        assert all(one.marks[0] in address.lower() for address in addresses)
        assert all(mark == mark.lower() for mark in one.marks)
