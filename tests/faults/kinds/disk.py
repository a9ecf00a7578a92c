"""PostgreSQL's disk is full for a while: where its data lies on a small file system of its own."""

import asyncio
import errno
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from typing import Final

from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.striking import recovered, where_possible
from tocsin_local.accounts import reaches, unprivileged
from tocsin_local.layout import Layout
from tocsin_local.ports import free_base
from tocsin_local.state import StackState, write_state

_FULL_S: Final = (1.0, 4.0)
_IN_ITS_LOG: Final = 0.5
_SEGMENTS: Final = 12
_SMALL_BYTES: Final = 4 * 1024**3
_SLICES: Final = (16 * 1024**2, 64 * 1024, 4 * 1024)
_AGAIN_S: Final = 0.1
_MOUNT_WITHIN_S: Final = 10


@contextmanager
def small_disk(folder: Path, *, megabytes: int = 1_024) -> Iterator[str | None]:
    """Let the PostgreSQL of the stack that will be made in `folder` live on a small disk; yields why it cannot.

    Only root of a Linux may mount one. It lasts until the stack is stopped and its data deleted. A run that writes more
    write-ahead log than it holds fills it by itself.
    """
    mount = Path(
        tempfile.mkdtemp(prefix="tocsin-disk-")
    )  # PostgreSQL's user can enter the folder it is made in
    try:
        problem = _mounted(mount, megabytes=megabytes)
        if problem is None:
            _live_at(mount / "postgres", folder)
        yield problem
    finally:
        if mount.is_mount():
            subprocess.run(["umount", "--lazy", str(mount)], check=True, timeout=_MOUNT_WITHIN_S)  # noqa: S603, S607  # the system's own program, a path of ours
        mount.rmdir()


def _mounted(mount: Path, *, megabytes: int) -> str | None:
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tocsin-faults", str(mount)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_MOUNT_WITHIN_S)  # noqa: S603  # likewise
    except (OSError, subprocess.SubprocessError) as error:
        return f"no small file system can be mounted here: {type(error).__name__}"
    account = unprivileged()
    if account and not reaches(account, mount):
        return f"PostgreSQL's user cannot enter {mount}"
    return None


def _live_at(home: Path, folder: Path) -> None:
    """Say so where a stack looks for the home of an earlier run."""
    home.mkdir()
    layout = Layout.at(folder)
    layout.create()
    write_state(layout, StackState(free_base(), postgres_home=str(home)))


def _draw(random: Random, _scale: Scale) -> What:
    return {"seconds": round(random.uniform(*_FULL_S), 2), "log": random.random() < _IN_ITS_LOG}


async def _fill(scene: Scene, what: What) -> None:
    """Leave no room for tables; nor, where so drawn, for the log: without that PostgreSQL ends, and cannot start."""
    await _filled(scene, what)
    await recovered(scene)


async def _filled(scene: Scene, what: What) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + float(what["seconds"])
    async with _ballast(_home(scene)) as file:
        await _grow(file)
        if what["log"]:
            await _use_up_log(scene)
        while loop.time() < until:
            await _grow(file)
            await asyncio.sleep(_AGAIN_S)  # what the database deletes meanwhile makes room


@asynccontextmanager
async def _ballast(home: Path) -> AsyncIterator[int]:
    """An empty file; it is gone at the end."""
    path = home / "ballast"
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        yield file
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


async def _grow(file: int) -> None:
    """Take all the room there is, in slices: others go on meanwhile."""
    for size in _SLICES:
        while _takes(file, size):
            await asyncio.sleep(0)


async def _use_up_log(scene: Scene) -> None:
    """Begin one file of the log after the other, until there is no room for one more."""
    with where_possible():
        for _ in range(_SEGMENTS):
            await scene.town.pool.execute(
                "SELECT pg_logical_emit_message(false, 'ballast', ''), pg_switch_wal()"
            )


def _takes(file: int, size: int) -> bool:
    try:
        os.posix_fallocate(file, os.fstat(file).st_size, size)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


def _home(scene: Scene) -> Path:
    return Path(scene.stack.state.postgres_home or scene.stack.layout.postgres)


def _large(scene: Scene) -> str | None:
    home, root = _home(scene), scene.stack.layout.root
    size = os.statvfs(home)
    if home.stat().st_dev == root.stat().st_dev or size.f_blocks * size.f_frsize > _SMALL_BYTES:
        return "PostgreSQL's data does not lie on a small file system of its own"
    return None


KINDS: Final = (Kind("disk-full", _draw, _fill, weight=2, needs=_large),)
