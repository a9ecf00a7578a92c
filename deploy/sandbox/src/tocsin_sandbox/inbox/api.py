"""The JSON API: counts, messages, Message-IDs."""

import asyncio
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from tocsin_sandbox.bounces.bouncer import BounceCounts
from tocsin_sandbox.inbox.listing import Listing, Row, Search
from tocsin_sandbox.inbox.parsed import Attachment, parsed
from tocsin_sandbox.mailbox.mailbox import Mailbox
from tocsin_sandbox.mailbox.segments import Kept
from tocsin_sandbox.smtp.rules import RuleBook

HTML_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
"""The page of a message: no script, no form, nothing loaded, an origin of its own. Its links open elsewhere."""

MAX_IDS: Final = 50_000

Number = Annotated[int, Path(ge=1)]


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ListQuery(_Query):
    """Which messages: older than the number `after`, whose recipient and subject contain these."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
    after: Annotated[int, Field(ge=1)] | None = None
    to: str = ""
    subject: str = ""


class IdsQuery(_Query):
    """Which ids: of the messages behind the number `after`."""

    after: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_IDS)] = 10_000


class Summary(BaseModel):
    """Counts since the sandbox was last emptied, restarts included. `rules_applied` since the rules were set.

    `bounces` since the start: sent, refused for good by who should take them, and waiting.
    """

    messages: int
    distinct: int
    duplicates: int
    without_message_id: int
    kept: int
    refused: dict[str, dict[str, int]]
    bytes: int
    last_number: int
    rules_applied: list[int]
    bounces: dict[str, int]


class MessageRow(BaseModel):
    """A line of the list."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    received_at: datetime
    sender: str
    recipients: list[str]
    author: str
    subject: str
    message_id: str
    size: int


class MessageList(BaseModel):
    """Newest first; `next` is the `after` of the following page."""

    items: list[MessageRow]
    next: int | None


class WholeMessage(MessageRow):
    """A message read."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    source: str
    attachments: list[Attachment]


def inbox_routes(mailbox: Mailbox, *, listing: Listing, rules: RuleBook, bounces: BounceCounts) -> APIRouter:
    """The routes under /api that read and empty the mailbox."""
    routes = APIRouter(prefix="/api")

    @routes.get("/summary")
    async def summary() -> Summary:
        return summary_of(mailbox, rules=rules, bounces=bounces)

    @routes.get("/messages")
    async def messages(query: Annotated[ListQuery, Query()]) -> MessageList:
        search = Search(to=query.to, subject=query.subject)
        rows, following = listing.page(search, before=query.after, limit=query.limit)
        return MessageList(items=[MessageRow.model_validate(row) for row in rows], next=following)

    @routes.delete("/messages", status_code=204)
    async def empty() -> None:
        mailbox.empty()

    @routes.get("/message-ids")
    async def message_ids(query: Annotated[IdsQuery, Query()]) -> Response:
        return JSONResponse(ids_page(mailbox, query))

    _message_routes(routes, mailbox, listing=listing)
    return routes


def _message_routes(routes: APIRouter, mailbox: Mailbox, *, listing: Listing) -> None:
    """Those of one message."""

    @routes.get("/messages/{number}")
    async def message(number: Number) -> WholeMessage:
        kept = found(mailbox, number)
        return await whole(kept, row=listing.row(kept))

    @routes.get("/messages/{number}/source")
    async def source(number: Number) -> Response:
        return Response(found(mailbox, number).content(), media_type="message/rfc822")

    @routes.get("/messages/{number}/html")
    async def html(number: Number) -> Response:
        shown = await asyncio.to_thread(parsed, found(mailbox, number).content())
        return Response(
            '<!doctype html><base target="_blank">' + shown.html,
            media_type="text/html",
            headers={"Content-Security-Policy": HTML_POLICY, "X-Content-Type-Options": "nosniff"},
        )


def summary_of(mailbox: Mailbox, *, rules: RuleBook, bounces: BounceCounts) -> Summary:
    """The counts as they are now."""
    counts = mailbox.counts
    return Summary(
        messages=counts.messages,
        distinct=counts.distinct,
        duplicates=counts.duplicates,
        without_message_id=counts.without_message_id,
        kept=mailbox.kept,
        refused=mailbox.refused(),
        bytes=counts.bytes,
        last_number=counts.last_number,
        rules_applied=rules.applied(),
        bounces={"sent": bounces.sent, "refused": bounces.refused, "waiting": bounces.waiting},
    )


def ids_page(mailbox: Mailbox, query: IdsQuery) -> dict[str, object]:
    """Numbers and ids, oldest first; plain dicts, since models of 50,000 ids would hold up the loop."""
    first, ids = mailbox.counts.ids(after=query.after, limit=query.limit)
    items = [
        {"number": number, "message_id": one.decode("utf-8", "backslashreplace") or None}
        for number, one in enumerate(ids, start=first)
    ]
    last = first + len(items) - 1
    return {"items": items, "next": last if last < mailbox.counts.last_number else None}


def found(mailbox: Mailbox, number: int) -> Kept:
    """The kept message of this number, else 404."""
    kept = mailbox.get(number)
    if kept is None:
        raise HTTPException(404, "No such message is kept")
    return kept


async def whole(kept: Kept, *, row: Row) -> WholeMessage:
    """The message read; parsing happens in a thread, since a large one would hold up SMTP."""
    content = kept.content()
    read = await asyncio.to_thread(parsed, content)
    return WholeMessage(
        **MessageRow.model_validate(row).model_dump(),
        headers=list(read.headers),
        text=read.text,
        html=read.html,
        source=content.decode("utf-8", "replace"),
        attachments=list(read.attachments),
    )
