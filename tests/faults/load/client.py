"""An agency's program: it writes down every answer, and repeats a request under its key until it knows."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import Final, Literal
from uuid import UUID

import aiohttp
from pydantic import BaseModel, ValidationError

from alert_api.views import ProgressView
from tests.faults.evidence.leaks import Personal, leaks_in
from tests.faults.evidence.ledgers import Ledgers
from tests.faults.history import Answer, Asked
from tests.faults.load.means import Crowd

TIMEOUT: Final = aiohttp.ClientTimeout(total=8)
_PAUSE_S: Final = (0.1, 0.7)
_AFTER_STOP: Final = 5
"""How often a request is still repeated once the load is told to stop."""

_NO_ANSWER: Final = (aiohttp.ClientError, OSError, TimeoutError)
_LATER: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class _Named(BaseModel):
    id: UUID


class _Followed(BaseModel):
    progress: ProgressView


@dataclass(frozen=True, slots=True)
class Request:
    """What an agency wants done."""

    act: Literal["post", "cancel", "correct"]
    crowd: Crowd
    path: str
    body: Mapping[str, object]
    key: str
    plan: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """It goes in by any of the doors, another one each time."""

    ledgers: Ledgers
    stop: asyncio.Event
    """Set: what is not known after some more repetitions is given up."""
    http: aiohttp.ClientSession
    doors: Sequence[str]
    personal: Personal

    async def known(self, request: Request, *, random: Random) -> Answer | None:
        """Ask until the answer is final; None where the load was stopped before."""
        after_stop = 0
        while after_stop <= _AFTER_STOP:
            answer = await self._answer(request, door=random.choice(self.doors))
            if _final(answer):
                return answer
            await asyncio.sleep(random.uniform(*_PAUSE_S))
            after_stop += self.stop.is_set()
        return None

    async def progress(self, crowd: Crowd, alert: UUID, *, door: str) -> ProgressView | None:
        """How far an alert is; None where nobody says."""
        try:
            async with self.http.get(f"{door}/v1/alerts/{alert}", headers=_authorization(crowd)) as answer:
                body = await answer.read()
                found = answer.status == HTTPStatus.OK
            return _Followed.model_validate_json(body).progress if found else None
        except _NO_ANSWER:
            return None

    async def left(self, token: str, *, random: Random) -> bool:
        """Press the button of an unsubscribe link until it says that it is done."""
        after_stop = 0
        while after_stop <= _AFTER_STOP:
            if await self._pressed(f"{random.choice(self.doors)}/u/{token}"):
                return True
            await asyncio.sleep(random.uniform(*_PAUSE_S))
            after_stop += self.stop.is_set()
        return False

    async def _pressed(self, url: str) -> bool:
        try:
            async with self.http.post(url, data={"List-Unsubscribe": "One-Click"}) as answer:
                await answer.read()
                return answer.status == HTTPStatus.OK
        except _NO_ANSWER:
            return False

    async def _answer(self, request: Request, *, door: str) -> Answer:
        headers = {**_authorization(request.crowd), "Idempotency-Key": request.key}
        sent_at = time.time()
        try:
            async with self.http.post(door + request.path, json=request.body, headers=headers) as answer:
                body = await answer.read()
                read = _read(request, answer, body, sent_at=sent_at)
        except _NO_ANSWER:
            body, read = b"", _unanswered(request, sent_at=sent_at)
        told = body if read.status >= HTTPStatus.BAD_REQUEST else b""
        where = f"answer {read.status} to {read.act}"
        await self.ledgers.keep(read, *leaks_in(where, told, personal=self.personal))
        return read


def _authorization(crowd: Crowd) -> dict[str, str]:
    return {"Authorization": f"Bearer {crowd.key}"}


def _read(request: Request, answer: aiohttp.ClientResponse, body: bytes, *, sent_at: float) -> Answer:
    return Answer(
        sent_at=sent_at,
        at=time.time(),
        act=request.act,
        agency=request.crowd.agency,
        key=request.key,
        status=answer.status,
        alert=_id_in(body) if answer.status == HTTPStatus.ACCEPTED else None,
        problem=answer.content_type == "application/problem+json",
        retry_after="Retry-After" in answer.headers,
        plan=request.plan,
    )


def _unanswered(request: Request, *, sent_at: float) -> Answer:
    return Answer(sent_at, time.time(), request.act, request.crowd.agency, request.key, status=0)


def _id_in(body: bytes) -> UUID | None:
    try:
        return _Named.model_validate_json(body).id
    except ValidationError:
        return None


def _final(answer: Answer) -> bool:
    """Whether the same again would be answered the same: a 409 with Retry-After says that it is being answered."""
    if answer.status == HTTPStatus.CONFLICT:
        return not answer.retry_after
    return HTTPStatus.OK <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status not in _LATER
