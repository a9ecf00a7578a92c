"""Seeded bugs fit the product as it is, and each has its place in the catalogue."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.mutants.catalogue import MUTANTS, SCENARIOS, Mutant
from tests.faults.mutants.scratch import PatchRefusedError, apply, pythonpath, scratch_copy

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests/faults/mutants"


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    """Sources to break; who breaks a file mends it."""
    with scratch_copy(ROOT) as copy:
        yield copy


def changed_by(patch: Path) -> list[str]:
    lines = patch.read_text().splitlines()
    return [line.removeprefix("+++ b/") for line in lines if line.startswith("+++ ")]


def test_the_catalogue_names_every_patch_once() -> None:
    names = sorted(mutant.name for mutant in MUTANTS)

    assert names == sorted(patch.stem for patch in FOLDER.glob("*.patch"))
    assert len(names) >= 25


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_seeded_bug_changes_sources_that_still_compile(mutant: Mutant, copy: Path) -> None:
    changed = changed_by(mutant.patch)

    apply(mutant.patch, copy=copy)

    broken = {path: (copy / path).read_text() for path in changed}
    for path, text in broken.items():
        (copy / path).write_text((ROOT / path).read_text())
        assert text != (ROOT / path).read_text()
        if path.endswith(".py"):
            ast.parse(text, path)
    assert broken


def test_every_seeded_bug_is_looked_for_under_a_scenario_there_is() -> None:
    assert {mutant.scenario for mutant in MUTANTS} == set(SCENARIOS)
    assert len(SCENARIOS) <= 11


def test_every_seeded_bug_says_what_is_to_notice_it() -> None:
    assert {mutant.breaks for mutant in MUTANTS} <= {f"I{number}" for number in range(1, 11)}
    assert all(mutant.rules and mutant.why for mutant in MUTANTS)


def test_a_scenario_that_draws_says_how_often_and_strikes_within_its_time() -> None:
    for scenario in SCENARIOS.values():
        assert bool(scenario.only) == (scenario.every > 0)
        assert all(0 < strike.at < scenario.seconds for strike in scenario.plan)


def test_a_copy_holds_the_sources_alone_and_is_gone_afterwards() -> None:
    with scratch_copy(ROOT) as copy:
        hidden = [path for path in copy.rglob(".*") if path.name != ".dockerignore"]
        folders = pythonpath(copy).split(os.pathsep)

    assert not copy.exists()
    assert hidden == []
    assert folders == sorted(str(copy / path.relative_to(ROOT)) for path in packages())


def test_a_patch_that_does_not_fit_changes_nothing_and_says_why(copy: Path, tmp_path: Path) -> None:
    patch = tmp_path / "old.patch"
    patch.write_text(
        "--- a/schemas/pyproject.toml\n+++ b/schemas/pyproject.toml\n@@ -1 +1 @@\n-never there\n+now\n"
    )

    with pytest.raises(PatchRefusedError, match=r"old\.patch: .*schemas/pyproject\.toml"):
        apply(patch, copy=copy)

    assert (copy / "schemas/pyproject.toml").read_text() == (ROOT / "schemas/pyproject.toml").read_text()


def test_a_process_that_is_told_of_a_copy_imports_it_before_what_is_installed(copy: Path) -> None:
    told = {**os.environ, "PYTHONPATH": pythonpath(copy)}
    names = sorted(path.parent.name for path in copy.glob("**/src/*/__init__.py"))
    program = (
        "import importlib as i, sys; print(*(i.import_module(n).__file__ for n in sys.argv[1:]), sep='\\n')"
    )

    done = subprocess.run(  # noqa: S603 - this Python, and names of our packages
        [sys.executable, "-c", program, *names], env=told, capture_output=True, text=True, check=True
    )

    imported = [Path(line) for line in done.stdout.splitlines()]
    assert {"tocsin_store", "tocsin_runtime", "email_worker"} <= set(names)
    assert all(path.is_relative_to(copy) for path in imported)


def packages() -> list[Path]:
    parts = ("schemas", "libs", "services", "cli", "deploy")
    return [path for part in parts for path in (ROOT / part).rglob("src") if path.is_dir()]
