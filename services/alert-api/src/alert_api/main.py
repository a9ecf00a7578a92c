"""Composition root of alert-api."""

from alert_api.app import create_app
from alert_api.compose import NAME, running
from alert_api.server import server_for
from alert_api.settings import ApiSettings
from tocsin_runtime.process import Process, keep_what_is_loaded, run
from tocsin_runtime.settings import read_settings


async def serve(process: Process, *, settings: ApiSettings) -> None:
    """Serve until the process stops."""
    async with running(settings) as services:
        app = create_app(services, public_url=settings.public_url)
        keep_what_is_loaded()  # the app, too
        process.health.set("http", ok=True)
        await server_for(app, host=settings.http_host, port=settings.http_port).serve_until(process.stopping)


def main() -> None:
    """Console script."""
    settings = read_settings(ApiSettings)
    run(NAME, lambda process: serve(process, settings=settings), settings=settings)
