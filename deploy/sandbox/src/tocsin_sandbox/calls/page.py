"""The page: each call as a live transcript, and a phone to answer by hand. It works without JavaScript."""

from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from tocsin_sandbox.calls.api import ByHand, CallsQuery, Pressed, Sid, call_list, summary_of, whole
from tocsin_sandbox.calls.switchboard import Switchboard
from tocsin_sandbox.inbox.page import HEADERS
from tocsin_sandbox.phones.page import SEE_OTHER, own_form, templates_of

KEYS: Final = "123456789*0#"


class PageQuery(BaseModel):
    """Where in the list of calls the reader is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Annotated[int, Field(ge=1)] | None = None


class CallsPage:
    """Renders the list of calls, alone or beside one of them."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._page = templates_of("tocsin_sandbox.calls").get_template("calls.html")

    def render(self, query: PageQuery, *, sid: str | None = None) -> HTMLResponse:
        """The whole page."""
        html = self._page.render(
            calls=call_list(self._board, CallsQuery(after=query.after)),
            query=query,
            call=None if sid is None else whole(self._board, sid),
            counts=summary_of(self._board),
            keys=KEYS,
        )
        return HTMLResponse(html, headers=HEADERS)


def calls_page_routes(board: Switchboard) -> APIRouter:
    """The page and its forms."""
    page = CallsPage(board)
    routes = APIRouter(include_in_schema=False)

    @routes.get("/calls")
    async def calls(query: Annotated[PageQuery, Query()]) -> HTMLResponse:
        return page.render(query)

    @routes.get("/calls/{sid}")
    async def call(sid: Sid, query: Annotated[PageQuery, Query()]) -> HTMLResponse:
        return page.render(query, sid=sid)

    @routes.post("/calls")
    async def by_hand(request: Request) -> RedirectResponse:
        form = await own_form(request)
        try:
            wanted = ByHand(number=form["number"], on=form["on"] == "yes")
        except (KeyError, ValueError) as error:
            raise HTTPException(422, "A number is needed") from error
        board.answer_by_hand(wanted.number, on=wanted.on)
        return RedirectResponse("/calls", status_code=SEE_OTHER)

    @routes.post("/calls/{sid}")
    async def act(sid: Sid, request: Request) -> RedirectResponse:
        _do(board, sid, await own_form(request))
        return RedirectResponse(f"/calls/{sid}", status_code=SEE_OTHER)

    return routes


def _do(board: Switchboard, sid: str, form: dict[str, str]) -> None:
    """What a button of the page says. One whose call is over meanwhile does nothing."""
    line = board.line(sid)
    if line is None:
        return
    match form:
        case {"do": "answer"}:
            line.pick_up()
        case {"do": "hang-up"}:
            line.hang_up("callee")
        case {"keys": keys}:
            line.press(_checked(keys))
        case _:
            raise HTTPException(422, "No such button")


def _checked(keys: str) -> str:
    try:
        return Pressed(keys=keys).keys
    except ValueError as error:
        raise HTTPException(422, "No such key") from error
