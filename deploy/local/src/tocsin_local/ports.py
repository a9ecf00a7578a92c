"""Which port is for what, and who has it if it is taken."""

from __future__ import annotations

import errno
import secrets
import shutil
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tocsin_local.errors import LocalError

BLOCK = 40  # ports of one stack, from its base port
DEFAULT_BASE = 7300
KAFKA, KAFKA_CONTROLLER, POSTGRES = 3, 4, 5
REPLICAS = (*range(10, 19), *range(25, 40))  # offsets of what runs more than once
_LISTENING = "0A"  # state in /proc/net/tcp
_FREE_BLOCKS = range(10_000, 32_000, BLOCK)  # below the ports that outgoing connections get


def check_ports(wanted: Mapping[int, str]) -> None:
    """Refuse to start where a port is taken.

    Args:
        wanted: What each port is for.

    Raises:
        LocalError: Names the port, its purpose, its holder where that can be told, and what to do.
    """
    for port, purpose in wanted.items():
        if in_use(port):
            holder = holder_of(port)
            raise LocalError(
                f"Port {port} ({purpose}) is in use{f' by {holder}' if holder else ''}: "
                "stop that program, or choose other ports with --base-port."
            )


def in_use(port: int) -> bool:
    """Say whether something listens on the port, or it cannot be had for another reason."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT can be had
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno in {errno.EADDRINUSE, errno.EACCES}
    with socket.socket() as client:  # macOS lets two bind where one of them took every address
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_base(*, rather: int | None = None) -> int:
    """Choose a base port whose whole block is free at this moment: `rather` this one, where it is."""
    preferred = [] if rather is None else [rather]
    for base in [*preferred, *secrets.SystemRandom().sample(_FREE_BLOCKS, k=len(_FREE_BLOCKS))]:
        if not any(in_use(port) for port in range(base, base + BLOCK)):
            return base
    raise LocalError(f"No {BLOCK} ports in a row are free: stop some programs.")


def holder_of(port: int) -> str | None:
    """Name the process that listens on a port, as far as this user may know."""
    pid = _holder_from_proc(port) if Path("/proc/net/tcp").exists() else _holder_from_lsof(port)
    return pid and f"process {pid}{_name_of(pid)}"


def _holder_from_proc(port: int) -> str | None:
    tables = [table for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if table.exists()]
    rows = (line.split() for table in tables for line in table.read_text().splitlines()[1:])
    sockets = {
        f"socket:[{row[9]}]" for row in rows if row[3] == _LISTENING and row[1].endswith(f":{port:04X}")
    }
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it ended meanwhile
            if str(descriptor.readlink()) in sockets:
                return descriptor.parts[2]
    return None


def _holder_from_lsof(port: int) -> str | None:
    lsof = shutil.which("lsof")
    if lsof is None:
        return None
    command = [lsof, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603  # fixed words and a number
    return next(iter(answer.stdout.split()), None)


def _name_of(pid: str) -> str:
    command = ["/bin/ps", "-o", "comm=", "-p", pid]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603  # fixed words and a number
    return f" ({answer.stdout.strip()})" if answer.stdout.strip() else ""
