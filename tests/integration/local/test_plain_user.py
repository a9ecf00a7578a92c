"""The servers run for a user without any right; where the tests run as one, `test_stack` has shown it already."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import tocsin_local
from tocsin_local.accounts import Account, reaches, unprivileged
from tocsin_local.jars import locked_jars, user_repository
from tocsin_local.stack import Stack

_PROGRAM = Path(__file__).with_name("plain_user.py")
_PATH = (str(Path(tocsin_local.__file__).parents[1]), sysconfig.get_path("purelib"))


def python_for(account: Account) -> str | None:
    """A Python of this version that the account can run: that of the environment may lie in a closed home."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, shutil.which(name, path="/usr/bin:/usr/local/bin:/opt/homebrew/bin")):
        if candidate and reaches(account, Path(candidate)):
            return candidate
    return None


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the account owns and can reach, with the jars in it: tests as root live below a closed one."""
    with tempfile.TemporaryDirectory(prefix="tocsin-plain-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for jar in locked_jars():
            place = folder / "jars" / jar.path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(user_repository() / jar.path, place)
        yield folder


def test_a_plain_user_can_run_the_servers_beside_another_stack(home: Path, stack: Stack) -> None:
    account = unprivileged() or Account(os.geteuid(), os.getegid())
    python = python_for(account)
    if python is None or not all(reaches(account, Path(path)) for path in _PATH):
        pytest.skip("this checkout, or its Python, is closed to every other user")
    mine = home / "mine"
    mine.mkdir()
    os.chown(mine, account.uid, account.gid)
    told = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(_PATH),
        "M2_REPO": str(home / "jars"),
        "HOME": str(mine),
    }

    done = subprocess.run(  # noqa: S603  # our own program
        [python, "-P", str(_PROGRAM), str(mine / "stack")],
        env=told,
        cwd=mine,
        user=account.uid,
        group=account.gid,
        extra_groups=[] if os.geteuid() == 0 else None,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout == f"{mine / 'stack' / 'postgres'} ['ready', 'ready']"
    stack.wait_ready()
