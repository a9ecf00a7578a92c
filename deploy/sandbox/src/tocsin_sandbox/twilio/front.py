"""One host, two doors: texts and calls misbehave apart."""

from starlette.types import ASGIApp, Receive, Scope, Send


class TwilioFront:
    """Lets requests about calls in by their own door."""

    def __init__(self, *, texts: ASGIApp, calls: ASGIApp) -> None:
        self._texts = texts
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        door = self._calls if "/Calls" in scope["path"] else self._texts
        await door(scope, receive, send)
