"""A client's web server for calls: says what to do, and hears what became of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from twilio.request_validator import RequestValidator

from tests.integration.sandbox.clients import TOKEN
from tests.integration.sandbox.webhook import Heard


@dataclass
class Script:
    """Answers a path with its document, where there is none with 404; statuses and detections with 204."""

    url: str = ""
    documents: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/xml"
    asked: list[Heard] = field(default_factory=list)
    statuses: list[Heard] = field(default_factory=list)
    detections: list[Heard] = field(default_factory=list)

    def forms(self, path: str) -> list[Mapping[str, str]]:
        """What was told at a path."""
        return [one.form for one in self.asked if one.url == f"{self.url}/{path}"]

    def told(self) -> list[str]:
        """The statuses of calls, in the order heard."""
        return [one.form["CallStatus"] for one in self.statuses]

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        form = {name: str(value) for name, value in (await request.post()).items()}
        heard = Heard(str(request.url), request.headers, form, body)
        path = request.path.removeprefix("/")
        if path in {"status", "detected"}:
            (self.statuses if path == "status" else self.detections).append(heard)
            return web.Response(status=204)
        self.asked.append(heard)
        if path not in self.documents:
            return web.Response(status=404)
        return web.Response(
            text=f"<Response>{self.documents[path]}</Response>", content_type=self.content_type
        )


def genuine(heard: Heard) -> bool:
    """Whether Twilio's own validator believes it."""
    signature = heard.headers["X-Twilio-Signature"]
    return bool(RequestValidator(TOKEN).validate(heard.url, dict(heard.form), signature))


@asynccontextmanager
async def scripted() -> AsyncIterator[Script]:
    """One on a free port."""
    script = Script()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        script.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield script
    finally:
        await runner.cleanup()
