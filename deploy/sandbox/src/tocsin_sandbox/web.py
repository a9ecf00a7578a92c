"""The HTTP side: one FastAPI application on a uvicorn that leaves signals and logs to us."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Mapping
from typing import Final

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from tocsin_sandbox.wire import WiredProtocol

GRACE_S: Final = 1


def application(*routers: APIRouter) -> FastAPI:
    """All routes; the interactive documentation is off because it loads files from elsewhere."""
    app = FastAPI(title="Tocsin sandbox", docs_url=None, redoc_url=None)
    for router in routers:
        app.include_router(router)
    return app


class Front:
    """Paths that begin so go to a door of their own, all others to the application."""

    def __init__(self, app: ASGIApp, *, doors: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path: str = scope["path"]
        for prefix, door in self._doors.items():
            if path.startswith(prefix):
                await door(scope, receive, send)
                return
        await self._app(scope, receive, send)


class _Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's own matter: a test that runs a sandbox keeps its Ctrl-C."""
        yield


class HttpServer:
    """Listens as soon as it is made; a request that comes before `start` waits."""

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=256)
        self.port = int(self._socket.getsockname()[1])
        self._server = _Uvicorn(
            uvicorn.Config(
                app,
                http=WiredProtocol,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
            )
        )

    def start(self) -> None:
        """Serve, in a task of its own."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))

    async def stop(self) -> None:
        """Stop; requests under way have a second."""
        self._server.should_exit = True
        await self._task
        self._socket.close()

    async def until(self, stop: asyncio.Event) -> None:
        """Wait for the event.

        Raises:
            RuntimeError: The server ended first.
        """
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not stop.is_set():
            raise RuntimeError("the HTTP server ended by itself")
