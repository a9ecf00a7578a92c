"""A client's own web server: hears what providers report, and answers as told."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True)
class Heard:
    """One request."""

    url: str
    headers: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes


@dataclass
class Webhook:
    """Answers with these statuses, then with 204."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def statuses(self) -> list[str]:
        """What was said of texts, in the order heard."""
        return [one.form["MessageStatus"] for one in self.heard]

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.heard.append(Heard(str(request.url), request.headers, form, body))
        return web.Response(status=self.answers.pop(0) if self.answers else 204)


@asynccontextmanager
async def listening() -> AsyncIterator[Webhook]:
    """One on a free port."""
    webhook = Webhook()
    app = web.Application()
    app.router.add_post("/{path:.*}", webhook.hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        webhook.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield webhook
    finally:
        await runner.cleanup()
