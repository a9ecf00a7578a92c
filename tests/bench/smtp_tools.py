"""Debian's smtp-sink and smtp-source: a relay that is never in the way, and a C client as the ceiling."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SIZE: Final = "4300"
_MESSAGES: Final = 20_000


def installed() -> bool:
    """Whether both programs are here (Debian's package postfix)."""
    return all(_path(name) for name in ("smtp-sink", "smtp-source"))


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Run a sink on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen([_path("smtp-sink"), "-u", "nobody", f"127.0.0.1:{port}", "200"])  # noqa: S603 - ours
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def source_rate(port: int) -> float:
    """Messages a second of `smtp-source -s 10` over kept-open connections."""
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - ours
        [_path("smtp-source"), "-d", "-s", "10", "-l", _SIZE, "-m", str(_MESSAGES), f"127.0.0.1:{port}"],
        check=True,
        timeout=120,
    )
    return _MESSAGES / (time.perf_counter() - began)


def _path(name: str) -> str:
    return shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin") or ""


def _wait(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("smtp-sink does not listen")
