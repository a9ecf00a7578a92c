"""The sandbox as everybody's phone, and as providers of texts that misbehave on demand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final, Literal

import aiohttp
from pydantic import BaseModel, TypeAdapter

Rule = Mapping[str, object]
Provider = Literal["twilio", "notify"]

PROVIDERS: Final[tuple[Provider, ...]] = ("twilio", "notify")


class Text(BaseModel):
    """A text on a phone."""

    provider: Provider
    ref: str
    reference: str
    inbound: bool
    sender: str
    to: str
    body: str
    segments: int
    status: str
    taken_at: datetime


_TEXTS: Final = TypeAdapter(list[Text])


@dataclass(frozen=True, slots=True)
class Phones:
    """The sandbox's JSON API for texts."""

    url: str
    http: aiohttp.ClientSession

    async def of(self, number: str, *, sender: str) -> list[Text]:
        """What a phone got from one sender, oldest first."""
        async with self.http.get(f"{self.url}/api/phones/{number}/texts") as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()
            texts = _TEXTS.validate_json(await answer.read())[::-1]
        return [one for one in texts if one.sender == sender and not one.inbound]

    async def say(self, number: str, body: str, *, to: str) -> None:
        """Answer from a phone."""
        url = f"{self.url}/api/phones/{number}/texts"
        async with self.http.post(url, json={"to": to, "body": body}) as answer:
            assert answer.status < HTTPStatus.BAD_REQUEST, await answer.text()

    async def misbehave(self, provider: Provider, rules: Sequence[Rule]) -> None:
        """Put these rules in place of all others."""
        body = {"rules": list(rules)}
        async with self.http.put(f"{self.url}/api/{provider}/rules", json=body) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()

    async def callees(self, rules: Sequence[Rule]) -> None:
        """Put these rules of calls in place of all others; calls go twenty times as fast."""
        async with self.http.put(f"{self.url}/api/twilio/calls/rules", json={"rules": list(rules)}) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()
        async with self.http.post(f"{self.url}/api/twilio/calls", json={"speed": 20}) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()

    async def turn(self, provider: Provider, **changes: object) -> None:
        """Change how a provider behaves on the whole."""
        async with self.http.post(f"{self.url}/api/{provider}", json=changes) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()

    async def behave(self) -> None:
        """No rules, and every provider up and quick."""
        for provider in PROVIDERS:
            await self.misbehave(provider, [])
            await self.turn(provider, down=False, latency_s={})


def later_than(texts: Sequence[Text], moment: datetime, *, by: timedelta) -> list[Text]:
    """Those that a provider took more than that after a moment."""
    return [one for one in texts if one.taken_at > moment.astimezone(UTC) + by]
