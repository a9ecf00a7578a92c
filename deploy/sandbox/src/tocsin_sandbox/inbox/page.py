"""The page: an inbox for people. It works without JavaScript; with it, it refreshes by itself."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from tocsin_sandbox.inbox.api import Number, WholeMessage, found, whole
from tocsin_sandbox.inbox.listing import Listing, Search
from tocsin_sandbox.mailbox.mailbox import Mailbox
from tocsin_sandbox.smtp.server import SmtpServer

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PAGE_SIZE: Final = 50

Tab = Literal["text", "html", "source", "headers"]


class PageQuery(BaseModel):
    """What is searched for, and where in the list the reader is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: str = ""
    after: Annotated[int, Field(ge=1)] | None = None


class MessageQuery(PageQuery):
    """And how the message is shown; without a wish, as HTML where it has some."""

    tab: Tab | None = None


class Pages:
    """Renders the list, alone or beside a message."""

    def __init__(self, mailbox: Mailbox, *, listing: Listing, smtp: SmtpServer) -> None:
        self._mailbox = mailbox
        self._listing = listing
        self._smtp = smtp
        templates = Environment(
            loader=PackageLoader("tocsin_sandbox.inbox"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.filters["bytes"] = readable_size
        templates.filters["select_set"] = select_set
        self._page = templates.get_template("inbox.html")

    def render(
        self, query: PageQuery, *, message: WholeMessage | None = None, tab: Tab | None = None
    ) -> HTMLResponse:
        """The whole page."""
        rows, following = self._listing.page(
            Search(anything=query.q.strip()), before=query.after, limit=PAGE_SIZE
        )
        html = self._page.render(
            rows=rows,
            following=following,
            query=query,
            message=message,
            tab=tab,
            listening=self._smtp.listening,
            smtp_port=self._smtp.port,
            kept=self._mailbox.kept,
            **self._counts(),
        )
        return HTMLResponse(html, headers=HEADERS)

    def _counts(self) -> Mapping[str, object]:
        counts = self._mailbox.counts
        refused = sum(sum(codes.values()) for codes in self._mailbox.refused().values())
        return {"counts": counts, "refused": refused}


def page_routes(mailbox: Mailbox, *, listing: Listing, smtp: SmtpServer) -> APIRouter:
    """The page and its files."""
    pages = Pages(mailbox, listing=listing, smtp=smtp)
    routes = APIRouter(include_in_schema=False)
    routes.mount("/static", StaticFiles(packages=[("tocsin_sandbox.inbox", "static")]))

    @routes.get("/")
    async def inbox(query: Annotated[PageQuery, Query()]) -> HTMLResponse:
        return pages.render(query)

    @routes.get("/messages/{number}")
    async def message(number: Number, query: Annotated[MessageQuery, Query()]) -> HTMLResponse:
        kept = found(mailbox, number)
        read = await whole(kept, row=listing.row(kept))
        return pages.render(query, message=read, tab=query.tab or ("html" if read.html else "text"))

    return routes


def select_set(parameters: Mapping[str, object]) -> dict[str, object]:
    """Those parameters of an address that say something."""
    return {name: value for name, value in parameters.items() if value}


def readable_size(count: int) -> str:
    """A number of bytes as people read it."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1_000:  # noqa: PLR2004 - decimal units
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1_000
    return f"{size:.1f} GB"
