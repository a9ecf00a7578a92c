"""Reads from the sandbox which messages arrived."""

import aiohttp
from pydantic import BaseModel

from tocsin_local.reconcile import Inbox

_PAGE = 50_000


class Arrived(BaseModel):
    """One accepted message."""

    number: int
    message_id: str | None


class Page(BaseModel):
    """A page of them, oldest first."""

    items: list[Arrived]
    next: str | int | None


async def inbox_of(session: aiohttp.ClientSession, *, url: str) -> Inbox:
    """Every message the sandbox has ever accepted, by Message-ID."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        async with session.get(f"{url}/api/message-ids", params={"limit": str(_PAGE), **after}) as answer:
            answer.raise_for_status()
            page = Page.model_validate_json(await answer.read())
        found += [message.message_id or f"without Message-ID: {message.number}" for message in page.items]
        if page.next is None:
            return Inbox(tuple(found))
        after = {"after": str(page.next)}
