"""The Java programs of Kafka: jars named, with their checksums, in jgo.lock.toml.

To change the version: edit jgo.toml, resolve it with jgo's EnvironmentBuilder, and commit the lock that it writes
(without its times). `up` takes what the lock says and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tocsin_local.errors import Cancelled, LocalError

_DOWNLOADS_AT_ONCE = 4


@dataclass(frozen=True)
class Jar:
    """One locked file."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where a Maven repository keeps it."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        return Path(
            *self.group.split("."), self.artifact, self.version, f"{self.artifact}-{self.version}{suffix}.jar"
        )


def locked_jars() -> tuple[Jar, ...]:
    """Read which jars Kafka is made of."""
    lock = tomllib.loads((files("tocsin_local") / "jgo.lock.toml").read_text())
    return tuple(
        Jar(one["groupId"], one["artifactId"], one["version"], one.get("classifier", ""), one["sha256"])
        for one in lock["dependencies"]
    )


def user_repository() -> Path:
    """Name the user's Maven repository, which other Java tools share."""
    return Path(os.environ.get("M2_REPO") or Path.home() / ".m2" / "repository")


def class_path(
    repository: Path,
    *,
    jars: tuple[Jar, ...],
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> str:
    """Have every jar in the repository, byte for byte as locked, and return Java's class path.

    Args:
        repository: Where jars are kept.
        jars: Which.
        progress: Told how far a download is, if there is one.
        cancelled: Asked after each jar; a download ends early if so.

    Raises:
        LocalError: A jar cannot be downloaded, or is not the one that was locked.
        Cancelled: The stack is ended.
    """
    missing = [jar for jar in jars if not (repository / jar.path).exists()]
    if missing:
        _download_all(missing, repository=repository, progress=progress, cancelled=cancelled)
    for jar in jars:
        check(jar, repository / jar.path)
    return os.pathsep.join(str(repository / jar.path) for jar in jars)


def check(jar: Jar, path: Path) -> None:
    """Refuse a file that is not the jar; raises LocalError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != jar.sha256:
        raise LocalError(
            f"{path} is not the jar that jgo.lock.toml names (its SHA-256 differs): "
            "delete that file and run the command again."
        )


def _download_all(
    missing: list[Jar], *, repository: Path, progress: Callable[[str], None], cancelled: Callable[[], bool]
) -> None:
    repository.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".tocsin-", dir=repository) as scratch,
        ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool,
    ):
        progress(f"downloading Kafka, once: 0 of {len(missing)} jars")
        pending = [
            pool.submit(_download, jar, scratch=Path(scratch), repository=repository) for jar in missing
        ]
        try:
            _follow(pending, progress=progress, cancelled=cancelled)
        finally:
            pool.shutdown(cancel_futures=True)


def _follow(
    pending: list[Future[None]], *, progress: Callable[[str], None], cancelled: Callable[[], bool]
) -> None:
    for count, download in enumerate(as_completed(pending), start=1):
        download.result()
        progress(f"downloading Kafka, once: {count} of {len(pending)} jars")
        if cancelled():
            raise Cancelled


def _download(jar: Jar, *, scratch: Path, repository: Path) -> None:
    """Download beside its place and move it there when it is whole and right: no half jar is ever found later."""
    from jgo.maven import MavenContext  # noqa: PLC0415  # half a second, needed once in the life of a machine

    component = MavenContext(repo_cache=scratch).project(jar.group, jar.artifact).at_version(jar.version)
    try:
        path = Path(component.artifact(jar.classifier).resolve())
    except (RuntimeError, OSError) as error:
        raise LocalError(
            f"Cannot download {jar.artifact} {jar.version} ({type(error).__name__}): "
            "check the network (HTTPS_PROXY is honoured) and run the command again; what came is kept."
        ) from error
    check(jar, path)
    place = repository / jar.path
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, place)
