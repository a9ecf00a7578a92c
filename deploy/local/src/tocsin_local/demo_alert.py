"""Posts the demo's alert as an agency's program would, and follows it over the API."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypedDict, TypeVar, Unpack
from uuid import uuid4

import aiohttp
from pydantic import BaseModel, ConfigDict

from tocsin_local.demo_load import DISTRICTS, PURPOSE
from tocsin_local.errors import LocalError
from tocsin_schemas.words import State

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
        },
        {
            "language": "pl",
            "headline": "Rzeki wzbierają: bądź gotowy przenieść się na piętro",
            "description": "Ulewy wypełniły rzeki. Woda może dotrzeć do ulic nad brzegiem między 20:00 a 02:00.",
            "instruction": "Przenieś kosztowności na piętro.\nJeśli woda wejdzie do domu, dzwoń pod 999.",
        },
    ],
    "channels": ["email"],
    "purpose": PURPOSE.value,
}

_SETTLED_AFTER: Final = frozenset(State) - {State.PENDING, State.UNKNOWN}
_LOOK_SECONDS: Final = 0.2
_PATIENCE_SECONDS: Final = 60.0


class Request(TypedDict, total=False):
    """What is sent with a request."""

    json: Mapping[str, object]
    headers: Mapping[str, str]
    params: Mapping[str, str]


class Answer(BaseModel):
    """What the demo reads of an answer; the rest is ignored."""

    model_config = ConfigDict(extra="ignore")


class Accepted(Answer):
    """Of `POST /v1/alerts`."""

    id: str


class Delivery(Answer):
    """Of a page of deliveries."""

    id: str
    state: State


class Deliveries(Answer):
    """A page."""

    items: list[Delivery]
    next: str | None


class Receipts(Answer):
    """A page; only how many there are matters."""

    items: list[Answer]
    next: str | None


class Counts(Answer):
    """`progress` of an alert."""

    version: int
    deliveries: int
    states: Mapping[State, int]

    @property
    def settled(self) -> int:
        """Deliveries whose state is final."""
        return sum(n for state, n in self.states.items() if state in _SETTLED_AFTER)


class Alert(Answer):
    """Of `GET /v1/alerts/{id}`."""

    progress: Counts


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

    def __init__(self, session: aiohttp.ClientSession, *, url: str) -> None:
        self._session = session
        self._url = url

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
        accepted = time.monotonic() - began
        fanned_out: float | None = None
        counts = await self._counts(alert_id)
        while counts.deliveries < expected or counts.settled < expected:
            show(counts)
            if counts.deliveries >= expected:
                fanned_out = fanned_out or time.monotonic() - began
            if time.monotonic() - began > patience:
                raise LocalError(
                    f"After {patience:.0f} s {expected - counts.settled} deliveries are not settled."
                )
            await asyncio.sleep(_LOOK_SECONDS)
            counts = await self._counts(alert_id)
        show(counts)
        took = time.monotonic() - began
        return Sending(alert_id, counts, accepted, fanned_out or took, took)

    async def deliveries(self, alert_id: str) -> AsyncIterator[tuple[str, State]]:
        """Every delivery of the alert with its state, page after page."""
        after: dict[str, str] = {}
        while True:
            page = await self._get(Deliveries, f"/v1/alerts/{alert_id}/deliveries", limit="500", **after)
            for delivery in page.items:
                yield delivery.id, delivery.state
            if page.next is None:
                return
            after = {"after": page.next}

    async def ambiguous(self, alert_id: str) -> int:
        """How many attempts may have arrived without our knowing: each may be made once more."""
        count, after = 0, dict[str, str]()
        while True:
            page = await self._get(
                Receipts, "/v1/receipts", alert=alert_id, state="unknown", limit="500", **after
            )
            count += len(page.items)
            if page.next is None:
                return count
            after = {"after": page.next}

    async def post(self) -> str:
        """Post the alert; returns its id."""
        key = {"Idempotency-Key": str(uuid4())}  # the same in every repetition: it is accepted once
        return (await self._asked(Accepted, "POST", "/v1/alerts", json=ALERT, headers=key)).id

    async def _counts(self, alert_id: str) -> Counts:
        return (await self._get(Alert, f"/v1/alerts/{alert_id}")).progress

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
