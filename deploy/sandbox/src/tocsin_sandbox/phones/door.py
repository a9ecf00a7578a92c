"""The HTTP door of a provider: reads a request, lets the provider answer it, and misbehaves when told to."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Generic, Protocol, TypeAlias
from uuid import uuid4

from starlette.types import Receive, Scope, Send

from tocsin_sandbox.phones.behaviour import Dial, MannerT
from tocsin_sandbox.phones.rules import AFTER_ACCEPT, REPLIES, Action, ActionType, Phase, RuleBook
from tocsin_sandbox.wire import wire_of

MAX_BODY: Final = 64 * 1024
_GARBAGE: Final = b"<html><body>\x00\xff It works!</body"


@dataclass(frozen=True, slots=True)
class Request:
    """What came; `begun` is the unix time of its first byte."""

    method: str
    path: str
    query: str
    headers: Mapping[bytes, bytes]
    body: bytes
    begun: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @classmethod
    def of(cls, status: int, value: object, *, retry_after_s: int | None = None) -> "Answer":
        """A value as JSON."""
        headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
        return cls(status, json.dumps(value).encode(), headers)


class Ending(Enum):
    """What comes in place of an answer."""

    DROP = "drop"
    STALL = "stall"


@dataclass(frozen=True, slots=True)
class Operation:
    """A request understood: which phase it is, for which number, and how it is obeyed."""

    phase: Phase
    number: str
    obey: Callable[[], Awaitable[Answer]]


class Provider(Protocol):
    """Understands requests."""

    def understood(self, request: Request) -> Operation | Answer:
        """What it asks for; an answer where it is refused right away."""

    def error(self, status: int, *, code: int | str | None, text: str, retry_after_s: int | None) -> Answer:
        """An error in the provider's shape; without a code the usual one of this status."""

    def too_many(self) -> Answer:
        """What more requests at once than are allowed hear."""


Outcome: TypeAlias = Answer | Ending


class Door(Generic[MannerT]):
    """An ASGI application for one provider."""

    def __init__(self, provider: Provider, *, rules: RuleBook, dial: Dial[MannerT]) -> None:
        self._provider = provider
        self._rules = rules
        self._dial = dial
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        wire = wire_of(scope)
        self._inside += 1
        try:
            outcome = Ending.DROP if self._dial.now.down else await self._served(scope, receive)
        finally:
            self._inside -= 1
        if isinstance(outcome, Answer):
            await _answer(outcome, send)
            return
        if outcome is Ending.DROP:
            wire.cut()
        await _gone(receive)

    async def _served(self, scope: Scope, receive: Receive) -> Outcome:
        behaviour = self._dial.now
        request = await _read(scope, receive)
        if request is None:
            return Ending.DROP
        if behaviour.concurrent is not None and self._inside > behaviour.concurrent:
            return self._provider.too_many()
        if behaviour.latency_s.most:
            await asyncio.sleep(behaviour.latency_s.drawn(uuid4().hex))
        operation = self._provider.understood(request)
        if isinstance(operation, Answer):
            return operation
        action = self._rules.action(operation.phase, number=operation.number)
        return await operation.obey() if action is None else await self._misbehaved(operation, action)

    async def _misbehaved(self, operation: Operation, action: Action) -> Outcome:
        await asyncio.sleep(action.delay_s)
        if action.type is not ActionType.DELAY and action.type not in AFTER_ACCEPT:
            return self._instead(action)
        usual = await operation.obey()
        obeyed = usual.status < 400  # noqa: PLR2004 - HTTP's errors begin here
        return self._instead(action) if obeyed and action.type in AFTER_ACCEPT else usual

    def _instead(self, action: Action) -> Outcome:
        if action.type in REPLIES:
            return self._provider.error(
                action.http_status, code=action.code, text=action.text, retry_after_s=action.retry_after_s
            )
        if action.type in {ActionType.GARBAGE, ActionType.GARBAGE_AFTER_ACCEPT}:
            return Answer(200, _GARBAGE, content_type="text/html")
        drops = action.type in {ActionType.DROP, ActionType.DROP_AFTER_ACCEPT}
        return Ending.DROP if drops else Ending.STALL


async def _read(scope: Scope, receive: Receive) -> Request | None:
    """The whole request; None where it is too long, or the client left before its end."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if message["type"] != "http.request" or len(body) > MAX_BODY:
            return None
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=dict(scope["headers"]),
        body=body,
        begun=wire_of(scope).begun,
    )


async def _answer(answer: Answer, send: Send) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in answer.headers.items()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _gone(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
