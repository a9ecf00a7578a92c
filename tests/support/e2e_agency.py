"""An agency's program: it posts alerts over the API and follows them there."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from uuid import UUID, uuid4

import aiohttp
from pydantic import BaseModel

from alert_api.views import Accepted, DeliveryView, Feed, HoldView, Page, ProgressView
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Severity

_PAGE: Final = 250
HOME_CIRCLE: Final = {"circle": {"center": [-2.7592, 53.7644], "radius_m": 2_000}}
"""Around `tests.support.world.HOME`."""


class AlertNow(BaseModel):
    """What the tests read of `GET /v1/alerts/{id}`."""

    progress: ProgressView
    waiting_for: list[HoldView]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def accepted(self) -> Accepted:
        """Read the answer to an alert that was taken."""
        assert self.status == HTTPStatus.ACCEPTED, self.body
        return Accepted.model_validate_json(self.body)


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency with a key of every scope. It talks to one alert-api."""

    id: UUID
    key: str
    url: str
    http: aiohttp.ClientSession

    async def post(
        self, body: Mapping[str, object], *, path: str = "/v1/alerts", idempotency_key: str | None = None
    ) -> Answer:
        """Post an alert, or what else takes a post."""
        headers = {**self._authorization, "Idempotency-Key": idempotency_key or str(uuid4())}
        async with self.http.post(f"{self.url}{path}", json=body, headers=headers) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def cancel(self, alert: UUID, *, all_clear: str | None = None) -> Answer:
        """Call an alert off, with an all-clear that says so if one is given."""
        info = [{"language": "en-GB", "headline": "All clear", "description": all_clear}]
        body = {"reason": "Over", "all_clear": info if all_clear else None}
        return await self.post(body, path=f"/v1/alerts/{alert}/cancel")

    async def correct(self, alert: UUID, *, says: str) -> Answer:
        """Give those whom an alert has reached another text."""
        body = {**an_alert(says=says), "to": "reached"}
        return await self.post(body, path=f"/v1/alerts/{alert}/updates")

    async def get(self, path: str, **query: str) -> Answer:
        """Ask anything."""
        async with self.http.get(f"{self.url}{path}", params=query, headers=self._authorization) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def alert(self, alert: UUID) -> AlertNow:
        """How far an alert is."""
        answer = await self.get(f"/v1/alerts/{alert}")
        assert answer.status == HTTPStatus.OK, answer.body
        return AlertNow.model_validate_json(answer.body)

    async def deliveries(self, alert: UUID) -> list[DeliveryView]:
        """Every delivery of an alert, page after page."""
        found: list[DeliveryView] = []
        after: str | None = ""
        while after is not None:
            query = {"after": after} if after else {}
            answer = await self.get(f"/v1/alerts/{alert}/deliveries", limit=str(_PAGE), **query)
            page = Page[DeliveryView].model_validate_json(answer.body)
            found += page.items
            after = page.next
        return found

    async def receipts(self, alert: UUID) -> list[Receipt]:
        """Every merged receipt of an alert, page after page."""
        found: list[Receipt] = []
        after: str | None = ""
        while after is not None:
            query = {"after": after} if after else {}
            answer = await self.get("/v1/receipts", alert=str(alert), limit=str(_PAGE), **query)
            page = Feed[Receipt].model_validate_json(answer.body)
            found += page.items
            after = page.next
        return found

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def an_alert(*, severity: Severity = Severity.EXTREME, says: str = "The river rises.") -> dict[str, object]:
    """Make the body of an alert to everybody around `HOME`."""
    return {
        "category": "flood",
        "severity": severity.value,
        "areas": [HOME_CIRCLE],
        "info": [{"language": "en-GB", "headline": "Flood", "description": says}],
        "purpose": "public_task",
    }
