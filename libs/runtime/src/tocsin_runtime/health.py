"""`/health`, `/ready` and `/metrics` of a service without an HTTP door of its own, from a thread."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

_STALLED_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.5

Start = Callable[[str, list[tuple[str, str]]], object]


class Health:
    """What a service says of itself. Written by its loop, read by the thread that answers."""

    def __init__(self) -> None:
        self._checks: dict[str, bool] = {}
        self._beat = time.monotonic()

    def beat(self) -> None:
        """Say that the loop turns; `/health` fails when it has not for ten seconds."""
        self._beat = time.monotonic()

    def set(self, check: str, *, ok: bool) -> None:
        """Note whether one thing the service needs is there."""
        self._checks[check] = ok

    @property
    def checks(self) -> Mapping[str, bool]:
        """Every check by name."""
        return dict(self._checks)

    @property
    def ready(self) -> bool:
        """Whether all checks hold and there is at least one."""
        return bool(self._checks) and all(self._checks.values())

    @property
    def alive(self) -> bool:
        """Whether the loop turns."""
        return time.monotonic() - self._beat < _STALLED_SECONDS


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nobody needs a line for every probe."""


@contextmanager
def serve_health(health: Health, *, host: str, port: int) -> Iterator[int]:
    """Answer while inside; yields the port.

    Raises:
        OSError: The port is taken.
    """

    def answer(environ: Mapping[str, str], start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
            return [generate_latest()]
        ok = {"/health": health.alive, "/ready": health.ready}.get(path)
        status = "404 Not Found" if ok is None else "200 OK" if ok else "503 Service Unavailable"
        start(status, [("Content-Type", "application/json")])
        return [json.dumps({"ok": bool(ok), "checks": health.checks}).encode()]

    with make_server(host, port, answer, server_class=_Server, handler_class=_Quiet) as server:
        thread = threading.Thread(
            target=server.serve_forever, args=(_POLL_SECONDS,), name="health", daemon=True
        )
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
