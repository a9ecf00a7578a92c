"""A copy of the sources outside the checkout: there they are broken, and services of the same .venv run them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_PARTS: Final = ("schemas", "libs", "services", "cli", "deploy")
_NOT_SOURCES: Final = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info")
_GIT_SECONDS: Final = 30


class PatchRefusedError(Exception):
    """A patch does not fit the sources; nothing of it was applied. The message is git's."""


@contextmanager
def scratch_copy(root: Path) -> Iterator[Path]:
    """Lend a copy of the product's sources, without anything installed or stored; gone at the end."""
    with TemporaryDirectory(prefix="tocsin-mutant-") as folder:
        copy = Path(folder)
        for part in _PARTS:
            shutil.copytree(root / part, copy / part, ignore=_NOT_SOURCES)
        yield copy


def apply(patch: Path, *, copy: Path) -> None:
    """Change a copy, all of the patch or nothing.

    Raises:
        PatchRefusedError: The sources have changed since it was written.
    """
    done = subprocess.run(  # noqa: S603 - a list of words, without a shell
        ["git", "apply", "-C1", "--whitespace=nowarn", str(patch.resolve())],  # noqa: S607 - whichever git is on the path
        cwd=copy,
        env={**_without_git(), "GIT_CEILING_DIRECTORIES": str(copy.parent)},
        capture_output=True,
        text=True,
        timeout=_GIT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise PatchRefusedError(f"{patch.name}: {done.stderr.strip()}")


def pythonpath(copy: Path) -> str:
    """Say what PYTHONPATH makes services import a copy: it comes before the editable installs of the .venv."""
    return os.pathsep.join(str(folder) for folder in sorted(copy.glob("**/src")))


def _without_git() -> dict[str, str]:
    """The surroundings but for what git sets where it runs a hook: with them it would change that repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
