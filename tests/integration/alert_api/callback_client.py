"""An alert-api with accounts at both providers, and what they send it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tests.integration.alert_api.conftest import Answer, Api
from tests.support.callers import OUR_TOKEN, SHOWN, signed, texted
from tocsin_runtime.tokens import sign_callback
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool, Row

STATUS = "/callbacks/twilio/status"
MESSAGES = "/callbacks/twilio/messages"


@dataclass(frozen=True)
class Providers:
    """Both of them, calling us."""

    api: Api

    async def twilio(
        self, path: str, form: Mapping[str, str], *, token: str = OUR_TOKEN, called: str | None = None
    ) -> Answer:
        """Send what Twilio signs; `called` is the path that it signed, where that is another."""
        body, headers = signed(called or path, form, token=token)
        return await self.post(path, body, headers)

    async def notify(self, path: str, content: object) -> Answer:
        """Send what Notify sends."""
        return await self.post(
            path, json.dumps(content).encode(), {**SHOWN, "Content-Type": "application/json"}
        )

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send anything."""
        return await self.api.client(None).send("POST", path, data=body, headers=headers)


async def receipts_of(pool: Pool, delivery: object) -> list[Mapping[str, object]]:
    """What is on its way to Kafka about a delivery."""
    rows = await pool.fetch("SELECT receipts FROM outbox WHERE receipts IS NOT NULL ORDER BY id")
    return [each for row in rows for each in row["receipts"] if each["delivery_id"] == str(delivery)]


async def kept(pool: Pool, ref: str) -> list[Row]:
    """What is kept of a message's reports."""
    return await pool.fetch("SELECT * FROM callback WHERE ref = $1 ORDER BY received_at, status", ref)


def status_of(claimed: ClaimedDelivery) -> str:
    """Where the report on an attempt goes to."""
    return f"{STATUS}?r={sign_callback(b'k' * 32, claimed.id, fence=claimed.fence)}"


async def text(providers: Providers, body: str, *, number: str, to: str, **more: str) -> Answer:
    """Somebody texts."""
    return await providers.twilio(MESSAGES, texted(body, number=number, to=to, **more))
