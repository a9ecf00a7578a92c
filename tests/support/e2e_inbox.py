"""The sandbox as the inbox of everybody, and as a relay that misbehaves on demand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

import aiohttp
from pydantic import BaseModel

from tocsin_local.demo_inbox import inboxes_of
from tocsin_local.reconcile import Inbox

Rule = Mapping[str, object]

_OF_ALERT: Final = 13
"""Characters of an id: its 48-bit time, which an alert and its deliveries share."""


class Row(BaseModel):
    """A message in the list."""

    number: int
    received_at: datetime
    recipients: list[str]
    message_id: str


class Rows(BaseModel):
    """A page, newest first."""

    items: list[Row]
    next: int | None


class Summary(BaseModel):
    """What the tests read of the counts."""

    bounces: dict[str, int]


class Mail(Row):
    """A message read."""

    headers: list[tuple[str, str]]
    text: str
    html: str

    def header(self, name: str) -> str:
        """The one header of this name."""
        (value,) = [value for each, value in self.headers if each.lower() == name.lower()]
        return value


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The sandbox's JSON API."""

    url: str
    http: aiohttp.ClientSession

    async def of(self, alert: UUID) -> Inbox:
        """Every message and text of an alert, whether or not the ledger knows of it; texts by their deliveries."""
        found = await inboxes_of(self.http, url=self.url)
        begin = str(alert)[:_OF_ALERT]
        everything = [one for inbox in found.values() for one in inbox.message_ids]
        return Inbox(tuple(one for one in everything if one.lstrip("<").startswith(begin)))

    async def arrivals(self, alert: UUID) -> Counter[str]:
        """How often each delivery of an alert arrived, by its id."""
        return Counter(one.strip("<>").partition("@")[0] for one in (await self.of(alert)).message_ids)

    async def to(self, address: str) -> list[Row]:
        """Messages to an address, oldest first."""
        async with self.http.get(
            f"{self.url}/api/messages", params={"to": address, "limit": "500"}
        ) as answer:
            return Rows.model_validate_json(await answer.read()).items[::-1]

    async def read(self, number: int) -> Mail:
        """One message, whole."""
        async with self.http.get(f"{self.url}/api/messages/{number}") as answer:
            assert answer.status == HTTPStatus.OK
            return Mail.model_validate_json(await answer.read())

    async def bounces(self) -> Mapping[str, int]:
        """How many were sent, refused, and are waiting, since the start."""
        async with self.http.get(f"{self.url}/api/summary") as answer:
            return Summary.model_validate_json(await answer.read()).bounces

    async def slow(self, seconds: float) -> None:
        """Take so long for every message."""
        await self.misbehave([{"phase": "body", "action": {"type": "delay", "delay_s": seconds}}])

    async def misbehave(self, rules: Sequence[Rule]) -> None:
        """Put these rules in place of all others."""
        async with self.http.put(f"{self.url}/api/rules", json={"rules": list(rules)}) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()

    async def behave(self) -> None:
        """No rules, and listening."""
        async with self.http.put(f"{self.url}/api/rules", json={"rules": [], "down": False}) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()

    async def smtp(self, *, down: bool) -> None:
        """Cut and refuse every connection, or listen again."""
        async with self.http.post(f"{self.url}/api/smtp", json={"down": down}) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()
