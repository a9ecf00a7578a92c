"""The page: phones with their texts, for people. It works without JavaScript; with it, it refreshes by itself."""

import time
from typing import Annotated, Final
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict

from tocsin_sandbox.inbox.page import HEADERS
from tocsin_sandbox.phones.api import FromPhone, Number, PhonesQuery, phone_list, row_of, summary_of
from tocsin_sandbox.phones.desk import Desk

MAX_FORM: Final = 16 * 1024
SEE_OTHER: Final = 303


class PageQuery(BaseModel):
    """Where in the list of phones the reader is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: str | None = None


class PhonesPage:
    """Renders the list of phones, alone or beside the texts of one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        templates = templates_of("tocsin_sandbox.phones")
        templates.filters["path"] = lambda number: quote(number, safe="")
        self._page = templates.get_template("phones.html")

    def render(self, query: PageQuery, *, number: str | None = None) -> HTMLResponse:
        """The whole page."""
        kept = self._desk.texts.kept
        texts = [] if number is None else [row_of(text) for text in kept.of_phone(number)]
        html = self._page.render(
            phones=phone_list(self._desk, PhonesQuery(after=query.after)),
            query=query,
            number=number,
            texts=texts,
            senders=list(dict.fromkeys(row.to if row.inbound else row.sender for row in texts)),
            counts=summary_of(self._desk),
        )
        return HTMLResponse(html, headers=HEADERS)


def phones_page_routes(desk: Desk) -> APIRouter:
    """The page, its forms and its files."""
    page = PhonesPage(desk)
    routes = APIRouter(include_in_schema=False)
    routes.mount("/phones-static", StaticFiles(packages=[("tocsin_sandbox.phones", "static")]))

    @routes.get("/phones")
    async def phones(query: Annotated[PageQuery, Query()]) -> HTMLResponse:
        return page.render(query)

    @routes.get("/phones/{number}")
    async def phone(number: Number, query: Annotated[PageQuery, Query()]) -> HTMLResponse:
        return page.render(query, number=number)

    @routes.post("/phones/{number}")
    async def send(number: Number, request: Request) -> RedirectResponse:
        wanted = await _form(request)
        desk.replies.send(number, to=wanted.to, body=wanted.body, begun=time.time())
        return RedirectResponse(f"/phones/{quote(number, safe='')}", status_code=SEE_OTHER)

    return routes


def templates_of(package: str) -> Environment:
    """The templates of a package of the sandbox."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def own_form(request: Request) -> dict[str, str]:
    """The fields of a form of the page. Other sites' forms are refused."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "Only the page itself may send")
    body = await request.body()
    if len(body) > MAX_FORM:
        raise HTTPException(413, "Too long")
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


async def _form(request: Request) -> FromPhone:
    """What a phone is to send."""
    fields = await own_form(request)
    try:
        return FromPhone(to=fields["to"], body=fields["body"])
    except (KeyError, ValueError) as error:
        raise HTTPException(422, "A sender and some words are needed") from error
