"""Posts what providers report, with as much trouble as the rules want."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import Enum
from functools import partial
from http import HTTPStatus
from typing import Final

import aiohttp

from tocsin_sandbox.phones.agenda import Agenda
from tocsin_sandbox.phones.rules import ActionType, Phase, RuleBook

log = logging.getLogger(__name__)

_POSTERS: Final = 64
_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)
_MOST_WAITING: Final = 200_000
_BUSY: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One report, or one text from a phone, to be told to a URL."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    phase: Phase
    rules: RuleBook
    number: str
    """Of the phone."""
    ref: str
    status: str
    last: bool
    """No further report of this text follows."""
    retries: int
    retry_s: float


@dataclass(slots=True)
class PostCounts:
    """Posts sent, retries included; heard (2xx); given up unheard; and those a rule lost."""

    sent: int = 0
    heard: int = 0
    unheard: int = 0
    lost: int = 0


class _Heard(Enum):
    YES = "yes"
    NO = "no"
    LATER = "later"


class Callbacks:
    """Posts in the order given, many at once; what waits when it stops is lost."""

    def __init__(self) -> None:
        self.counts = PostCounts()
        self._due: asyncio.Queue[Post] = asyncio.Queue()
        self._later = Agenda()
        self._held: dict[str, Post] = {}
        self._posters: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    @property
    def waiting(self) -> int:
        """Posts still to be sent."""
        return self._due.qsize() + len(self._later) + len(self._held)

    def summary(self) -> dict[str, int]:
        """The counts by their names."""
        return {**asdict(self.counts), "waiting": self.waiting}

    def start(self) -> None:
        """Begin to post."""
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=_POSTERS), skip_auto_headers=["User-Agent"]
        )
        self._posters = [asyncio.create_task(self._run(self._session)) for _ in range(_POSTERS)]

    async def stop(self) -> None:
        """Post no more."""
        self.clear()
        for poster in self._posters:
            poster.cancel()
        for poster in self._posters:
            with suppress(asyncio.CancelledError):
                await poster
        if self._session is not None:
            await self._session.close()

    def clear(self) -> None:
        """Forget what waits."""
        self._later.clear()
        self._held.clear()
        while not self._due.empty():
            self._due.get_nowait()

    def post(self, post: Post) -> None:
        """Post it, or do what a rule wants instead."""
        action = post.rules.action(
            post.phase, number=post.number, status=post.status, lot=f"{post.ref} {post.status}"
        )
        if action is None:
            self._put(post)
        elif action.type is ActionType.LOSE or self.waiting >= _MOST_WAITING:
            self.counts.lost += 1
        elif action.type is ActionType.DISORDER and not post.last:
            self._held[post.ref] = post
        else:
            copies = action.copies if action.type is ActionType.DUPLICATE else 1
            self._later.after(action.delay_s, partial(self._put, post, copies=copies))

    def _put(self, post: Post, *, copies: int = 1) -> None:
        for _ in range(copies):
            self._due.put_nowait(post)
        if (held := self._held.pop(post.ref, None)) is not None:
            self._later.after(0, partial(self._put, held))

    async def _run(self, session: aiohttp.ClientSession) -> None:
        while True:
            post = await self._due.get()
            self.counts.sent += 1
            heard = await _heard(post, session)
            if heard is _Heard.YES:
                self.counts.heard += 1
            elif heard is _Heard.LATER and post.retries:
                again = replace(post, retries=post.retries - 1)
                self._later.after(post.retry_s, partial(self._due.put_nowait, again))
            else:
                self.counts.unheard += 1


async def _heard(post: Post, session: aiohttp.ClientSession) -> _Heard:
    try:
        async with session.post(post.url, data=post.body, headers=post.headers) as answer:
            await answer.read()
    except (aiohttp.ClientError, TimeoutError, ValueError):  # a ValueError: the URL is none
        return _Heard.LATER
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return _Heard.YES
    again = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _BUSY
    return _Heard.LATER if again else _Heard.NO
