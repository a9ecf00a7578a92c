"""Posts the demo's alert as an agency's program would, and follows it over the API."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypedDict, TypeVar, Unpack
from uuid import uuid4

import aiohttp

from tocsin_local.demo_answers import Accepted, Alert, Answer, Counts, Deliveries, Delivery, Receipts
from tocsin_local.demo_load import CHANNELS, DISTRICTS, PURPOSE
from tocsin_local.errors import LocalError
from tocsin_schemas.words import Channel

ALERT: Final = {
    "reference": "DEMO-1",
    "status": "exercise",
    "category": "flood",
    "cap_category": "met",
    "event": "River flooding",
    "urgency": "expected",
    "severity": "moderate",
    "certainty": "likely",
    "areas": [{"code": code} for code in DISTRICTS],
    "info": [
        {
            "language": "en-GB",
            "headline": "Rivers are rising: be ready to move upstairs tonight",
            "description": (
                "Heavy rain has filled the Ribble, the Darwen and the Blakewater. Water may reach streets beside "
                "them between 20:00 and 02:00.\n\nRoads under bridges may close without notice."
            ),
            "instruction": (
                "Move cars and valuables to higher ground.\nKeep medicines, chargers and a torch upstairs.\n"
                "Look in on neighbours who may need help.\nIf water enters your home, call 999."
            ),
            "web": "https://fire.example/floods",
            "text": "Rivers may flood streets tonight from 20:00. Move valuables upstairs. Water inside? Call 999.",
        },
        {
            "language": "pl",
            "headline": "Rzeki wzbierają: bądź gotowy przenieść się na piętro",
            "description": "Ulewy wypełniły rzeki. Woda może dotrzeć do ulic nad brzegiem między 20:00 a 02:00.",
            "instruction": "Przenieś kosztowności na piętro.\nJeśli woda wejdzie do domu, dzwoń pod 999.",
            "text": "Rzeki mogą zalać ulice dziś od 20:00. Przenieś rzeczy na piętro.",
        },
    ],
    "channels": list(CHANNELS),
    "purpose": PURPOSE.value,
}
EMAIL_ALERT: Final = {**ALERT, "channels": ["email"]}
"""The same, to those who chose email."""

_LOOK_SECONDS: Final = 0.2
_PATIENCE_SECONDS: Final = 60.0


class Request(TypedDict, total=False):
    """What is sent with a request."""

    json: Mapping[str, object]
    headers: Mapping[str, str]
    params: Mapping[str, str]


A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True)
class Sending:
    """How the alert went, in seconds since it was posted."""

    alert_id: str
    counts: Counts
    accepted: float
    fanned_out: float
    delivered: float


class Client:
    """An agency's program."""

    def __init__(
        self, session: aiohttp.ClientSession, *, url: str, alert: Mapping[str, object] = ALERT
    ) -> None:
        self._session = session
        self._url = url
        self._alert = alert

    async def send(
        self,
        *,
        expected: int,
        patience: float,
        show: Callable[[Counts], None],
    ) -> Sending:
        """Post the alert and follow it until every delivery is settled.

        Raises:
            LocalError: It was refused, or is not settled in time.
        """
        began = time.monotonic()
        alert_id = await self.post()
        accepted, fanned_out = time.monotonic() - began, None
        async with aclosing(self._counts(alert_id)) as looks:
            async for counts in looks:
                show(counts)
                took = time.monotonic() - began
                if counts.deliveries >= expected:
                    fanned_out = fanned_out or took
                    if counts.settled >= expected:
                        break
                if took > patience:
                    late = expected - counts.settled
                    raise LocalError(f"After {patience:.0f} s {late} deliveries are not settled.")
        return Sending(alert_id, counts, accepted, fanned_out or took, took)

    async def reported(self, alert_id: str, *, patience: float, show: Callable[[Counts], None]) -> Counts:
        """Wait until providers have told the end of every text they took, but no longer than that."""

        async def told(counts: Counts) -> bool:
            show(counts)
            return not counts.untold

        return await self.followed(alert_id, until=told, patience=patience)

    async def followed(
        self, alert_id: str, *, until: Callable[[Counts], Awaitable[bool]], patience: float
    ) -> Counts:
        """Look again and again until that is so, but no longer than these seconds; returns what was seen last."""
        began = time.monotonic()
        async with aclosing(self._counts(alert_id)) as looks:
            async for counts in looks:
                if await until(counts) or time.monotonic() - began > patience:
                    break
        return counts

    async def deliveries(self, alert_id: str) -> AsyncIterator[Delivery]:
        """Every delivery of the alert, page after page."""
        after: dict[str, str] = {}
        while True:
            page = await self._get(Deliveries, f"/v1/alerts/{alert_id}/deliveries", limit="500", **after)
            for delivery in page.items:
                yield delivery
            if page.next is None:
                return
            after = {"after": page.next}

    async def ambiguous(self, alert_id: str) -> Counter[Channel]:
        """How many attempts may have arrived without our knowing: each may be made once more."""
        count, after = Counter[Channel](), dict[str, str]()
        while True:
            page = await self._get(
                Receipts, "/v1/receipts", alert=alert_id, state="unknown", limit="500", **after
            )
            count.update(one.channel for one in page.items)
            if page.next is None:
                return count
            after = {"after": page.next}

    async def post(self) -> str:
        """Post the alert; returns its id."""
        key = {"Idempotency-Key": str(uuid4())}  # the same in every repetition: it is accepted once
        return (await self._asked(Accepted, "POST", "/v1/alerts", json=self._alert, headers=key)).id

    async def _counts(self, alert_id: str) -> AsyncGenerator[Counts]:
        """Look again and again."""
        while True:
            yield (await self._get(Alert, f"/v1/alerts/{alert_id}")).progress
            await asyncio.sleep(_LOOK_SECONDS)

    async def _get(self, model: type[A], path: str, **query: str) -> A:
        return await self._asked(model, "GET", path, params=query)

    async def _asked(self, model: type[A], method: str, path: str, **request: Unpack[Request]) -> A:
        """Ask until it is answered: 503 and a lost connection mean later."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                async with self._session.request(method, f"{self._url}{path}", **request) as answer:
                    body = await answer.read()
                    status, later = answer.status, answer.status == HTTPStatus.SERVICE_UNAVAILABLE
            except aiohttp.ClientConnectionError:
                body, status, later = b"", 0, True
            if status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
                return model.model_validate_json(body)
            if not later or time.monotonic() > deadline:
                raise LocalError(f"{method} {path} was answered {status or 'by nobody'}: {body.decode()}")
            await asyncio.sleep(_LOOK_SECONDS)
