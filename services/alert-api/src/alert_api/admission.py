"""Before any body is read: request id, limits, key, measures; and the last resort when something breaks."""

import re
import time
from contextlib import ExitStack
from typing import Final
from uuid import uuid4

import structlog
from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alert_api.database import DatabaseDownError
from alert_api.overload import TimelyBody, announced_bytes
from alert_api.problems import Problem
from alert_api.services import Services

log = structlog.get_logger()

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNLIMITED: Final = frozenset({"/health", "/ready", "/metrics"})
# One provider clicks, or reports, for many members, and an opt-out is never put off.
_UNLIMITED_BELOW: Final = ("/s/", "/u/", "/callbacks/", "/calls/")
RETRY_AFTER: Final = {"Retry-After": "2"}


class Admission:
    """The outermost layer: every answer passes here."""

    def __init__(self, app: ASGIApp, *, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        body = TimelyBody(receive, within=self._services.body_wait)
        try:
            with ExitStack() as held:
                await self._admit(Request(scope), answer, held)
                await self._app(scope, body.receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort; the traceback could hold personal data
            await answer.fail(error, receive)
        finally:
            self._count(scope, answer)

    async def _admit(self, request: Request, answer: "_Answer", held: ExitStack) -> None:
        path: str = request.scope["path"]
        if path in _UNLIMITED or path.startswith(_UNLIMITED_BELOW):
            return
        client = request.client.host if request.client else "unknown"
        strangers = self._services.stranger_limit
        answer.headers |= (await strangers.peek(client)).or_refuse()
        caller = None
        if path.startswith("/v1/"):
            caller = await self._services.keys.caller(request.headers.get("authorization"))
        if caller is None:
            answer.headers |= (await strangers.spend(client)).or_refuse()
        else:
            answer.headers |= (await self._services.agency_limit.spend(str(caller.agency_id))).or_refuse()
        request.state.caller = caller
        if caller is None and path.startswith("/v1/"):
            raise Problem("unauthorized", headers={"WWW-Authenticate": 'Bearer realm="tocsin"'})
        if caller is not None:
            size = announced_bytes(request)
            held.enter_context(self._services.bodies.holding(caller.agency_id, size=size))

    def _count(self, scope: Scope, answer: "_Answer") -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._services.measures.requests.labels(method, route, str(answer.status)).inc()
        self._services.measures.seconds.labels(method, route).observe(time.perf_counter() - answer.begun)


class _Answer:
    """Adds headers to the answer, and remembers what it was."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        self.request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid4())
        request.state.request_id = self.request_id
        self.headers = {"X-Request-Id": self.request_id}
        self.status = 0
        self.begun = time.perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            extra = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
            message["headers"] = [*message["headers"], *(each for each in extra if each[0] not in present)]
        await self._send(message)

    async def fail(self, error: Exception, receive: Receive) -> None:
        if self.status:  # the head is sent: only breaking the connection can still tell
            raise error
        await problem_of(error).response(self.request_id)(self._scope, receive, self.send)


def problem_of(error: Exception) -> Problem:
    """What a caller is told of an exception."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DatabaseDownError):
        log.warning("database_unavailable", error=str(error))
        return Problem("unavailable", headers=RETRY_AFTER)
    if isinstance(error, ClientDisconnect):
        return Problem("malformed")
    log.error("request_broke", error=type(error).__name__, where=_where(error))
    return Problem("internal")


def _where(error: Exception) -> list[str]:
    frames: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_qualname}")
        trace = trace.tb_next
    return frames[-6:]
