"""What a stand-in must know of the connection a request came by: when it began, and how to cut it."""

import asyncio
import time
from typing import Final

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_KEY: Final = "wire"


class Wire:
    """One request's connection."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.begun = time.time()
        """Unix time at which the first byte of the request was read."""
        self._transport = transport

    def cut(self) -> None:
        """End the connection without an answer."""
        self._transport.abort()


class WiredProtocol(HttpToolsProtocol):
    """uvicorn's own, with the wire laid into the scope."""

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["state"][_KEY] = Wire(self.transport)


def wire_of(scope: Scope) -> Wire:
    """The connection this request came by."""
    wire: Wire = scope["state"][_KEY]
    return wire
