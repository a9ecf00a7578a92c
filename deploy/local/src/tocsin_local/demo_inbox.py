"""Reads from the sandbox which messages and which texts arrived."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Generic, TypeVar
from uuid import UUID

import aiohttp
from pydantic import BaseModel

from tocsin_local.reconcile import Inbox
from tocsin_schemas.words import Channel

_PAGE = 50_000


class Arrived(BaseModel):
    """One accepted message."""

    number: int
    message_id: str | None


class Taken(BaseModel):
    """One text that a stand-in for a provider took."""

    number: int
    reference: str


T = TypeVar("T", bound=BaseModel)


class Page(BaseModel, Generic[T]):
    """A page of them, oldest first."""

    items: list[T]
    next: str | int | None


async def inboxes_of(session: aiohttp.ClientSession, *, url: str) -> Mapping[Channel, Inbox]:
    """What the sandbox has ever accepted, by channel."""
    return {
        Channel.EMAIL: await inbox_of(session, url=url),
        Channel.SMS: await phones_of(session, url=url),
    }


async def inbox_of(session: aiohttp.ClientSession, *, url: str) -> Inbox:
    """Every message the sandbox has ever accepted, by Message-ID."""
    pages = _pages(session, f"{url}/api/message-ids", model=Page[Arrived])
    found = [
        one.message_id or f"without Message-ID: {one.number}" async for page in pages for one in page.items
    ]
    return Inbox(tuple(found))


async def phones_of(session: aiohttp.ClientSession, *, url: str) -> Inbox:
    """Every text the sandbox has ever taken, by the delivery its reference names."""
    pages = _pages(session, f"{url}/api/texts/refs", model=Page[Taken])
    found = [delivery_of(one.reference) async for page in pages for one in page.items]
    return Inbox(tuple(found))


def delivery_of(reference: str) -> str:
    """The id of the delivery that a reference, `DELIVERY.FENCE.MAC`, speaks of; the reference where it is no such."""
    with suppress(ValueError):
        return str(UUID(hex=reference.partition(".")[0]))
    return reference


async def _pages(session: aiohttp.ClientSession, url: str, *, model: type[Page[T]]) -> AsyncIterator[Page[T]]:
    after: dict[str, str] = {}
    while True:
        async with session.get(url, params={"limit": str(_PAGE), **after}) as answer:
            answer.raise_for_status()
            page = model.model_validate_json(await answer.read())
        yield page
        if page.next is None:
            return
        after = {"after": str(page.next)}
