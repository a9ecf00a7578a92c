"""The HTTP server."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class Server(uvicorn.Server):
    """Uvicorn without its signal handling, which ends the process before everything else has closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: the process has handlers of its own."""
        yield

    async def serve_until(self, stopping: asyncio.Event) -> None:
        """Serve until told to stop, then finish the requests begun, in ten seconds at most."""
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(self._stop_after(stopping))
            await self.serve()
            waiting.cancel()

    async def _stop_after(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self.should_exit = True


def server_for(app: ASGIApp, *, host: str, port: int) -> Server:
    """A server that logs nothing of requests; port 0 takes any free one."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http="httptools",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=65,  # longer than load balancers keep theirs, or one is closed while they use it
            timeout_graceful_shutdown=10,
        )
    )
