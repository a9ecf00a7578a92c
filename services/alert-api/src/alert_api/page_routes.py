"""Pages for people: the API's description, and what each problem means. Nothing in them comes from elsewhere."""

from html import escape
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from alert_api.docs_page import docs_html
from alert_api.html import page
from alert_api.problems import PROBLEMS, Problem

router: Final = APIRouter(include_in_schema=False)


@router.get("/")
async def root() -> Response:
    """Lead to the description."""
    return RedirectResponse("/docs")


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Show the API's description as a page."""
    return page("Tocsin API", docs_html(request.app.state.description()))


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Give the API's description to a machine."""
    return JSONResponse(request.app.state.description())


@router.get("/problems")
async def problems() -> Response:
    """List the kinds of problem."""
    rows = "".join(
        f'<tr><td>{kind.status.value}</td><td><a href="/problems/{slug}">{slug}</a></td>'
        f"<td>{escape(kind.title)}</td></tr>"
        for slug, kind in PROBLEMS.items()
    )
    return page("Problems", f"<table>{rows}</table>")


@router.get("/problems/{slug}")
async def problem(slug: str) -> Response:
    """Say what a problem means and what to do."""
    kind = PROBLEMS.get(slug)
    if kind is None:
        raise Problem("not-found")
    return page(
        kind.title,
        f"<p>{escape(kind.meaning)}</p><h2>What to do</h2><p>{escape(kind.remedy)}</p>"
        f'<p><code>{slug}</code>, status {kind.status.value}. <a href="/problems">All problems</a></p>',
    )
