"""Requests on the wire: whether one went out is known for certain, and every one has a deadline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import (
    ClientError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractStreamWriter
from aiohttp.connector import Connection
from aiohttp.payload import BytesPayload
from yarl import URL

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Reason

LATE: Final = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE)

TROUBLE: Final = (ClientError, OSError, TimeoutError)
"""What a request can end with in place of an answer."""

_LONGEST_ANSWER: Final = 1 << 20
_IDLE_SECONDS: Final = 15.0
"""A connection that was idle for longer is not used again: its other end may be about to close it."""


class EndlessAnswerError(ClientError):
    """An answer longer than anybody needs."""


class LateError(ClientError):
    """The request may not begin any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    text: str
    headers: Mapping[str, str]


class Once(BytesPayload):
    """The body of a request that is made once, or not at all.

    aiohttp keeps the headers back until the first byte of the body: before it is written nothing of the request has
    been sent, and after it all of it.
    """

    def __init__(self, value: bytes, *, content_type: str, may_begin: Callable[[], bool]) -> None:
        super().__init__(value, content_type=content_type)
        self._may_begin = may_begin
        self._late = False
        self._begun = False
        self._written = False
        self._over = False

    def may_begin(self) -> bool:
        """Whether it may be written; if not, it is late."""
        self._late = self._late or self._over or not self._may_begin()
        return not self._late

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Write it, if it may begin.

        Raises:
            LateError: It may not, or nobody waits for its answer any more.
        """
        if not self.may_begin():
            raise LateError
        self._begun = self._written = True
        try:
            await super().write_with_length(writer, content_length)
        except ConnectionError:  # the connection had gone
            self._written = False
            raise

    def lost(self, *, provider: str) -> Outcome:
        """Say what it means that no answer came; from here on nothing is written."""
        self._over = True
        if self._written:
            return Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST, provider=provider)
        if self._begun:
            return Outcome(OutcomeClass.RETRY_SAFE, Reason.CONNECTION_LOST, provider=provider)
        if self._late:
            return LATE
        return Outcome(
            OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE, scope=Scope.CHANNEL, provider=provider
        )


class _Request(ClientRequest):
    """One that comes too late leaves its connection to the next: else a slow opening would be in vain each time."""

    async def send(self, conn: Connection) -> ClientResponse:
        """Send it, if it may begin.

        Raises:
            LateError: It may not.
        """
        if isinstance(self.body, Once) and not self.body.may_begin():
            conn.release()
            raise LateError
        return await super().send(conn)


class Wire:
    """Kept-open connections to one provider; as many as there are requests under way."""

    def __init__(self, *, timeout: timedelta, connect_timeout: timedelta) -> None:
        self._session = ClientSession(
            connector=TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS, ttl_dns_cache=60),
            timeout=ClientTimeout(
                total=timeout.total_seconds(), connect=connect_timeout.total_seconds(), ceil_threshold=3_600
            ),
            cookie_jar=DummyCookieJar(),
            request_class=_Request,
        )

    async def ask(
        self, method: str, url: URL | str, *, headers: Mapping[str, str], body: Once | None = None
    ) -> Answer:
        """Make a request and wait for the whole answer; redirects are answers.

        Raises:
            TROUBLE: There is none. Whether the request went out, its body knows.
        """
        async with self._session.request(
            method, url, data=body, headers=headers, allow_redirects=False
        ) as response:
            raw = bytearray()
            async for part in response.content.iter_any():
                raw += part
                if len(raw) > _LONGEST_ANSWER:
                    raise EndlessAnswerError
            return Answer(response.status, raw.decode("utf-8", "replace"), response.headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
