"""`/s/{token}`: "I have seen this". GET changes nothing, for scanners open every link."""

from dataclasses import dataclass
from html import escape
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from alert_api.acknowledging import acknowledge
from alert_api.bodies import read_bounded
from alert_api.database import DatabaseDownError
from alert_api.html import page
from alert_api.link_pages import later, private, unknown
from alert_api.seen_wording import Wording, wording_of
from alert_api.services import Services, With
from tocsin_runtime.tokens import read_seen
from tocsin_runtime.wording import info_for, marking_of
from tocsin_store import acknowledgements
from tocsin_store.acknowledgements import Delivered

router: Final = APIRouter(include_in_schema=False)

_MOST_BYTES: Final = 16_384


@router.head("/s/{token}")
@router.get("/s/{token}")
async def ask(token: str, services: With) -> Response:
    """Show what was sent, and a button that says that it was seen."""
    sent = read_seen(services.signing_keys, token)
    if sent is None:
        return unknown()
    try:
        async with services.database.connection() as conn:
            delivered = await acknowledgements.find(conn, sent[0], fence=sent[1])
    except DatabaseDownError:
        return later()
    return unknown() if delivered is None else _question(_said(delivered))


@router.post("/s/{token}")
async def say(token: str, request: Request, services: With) -> Response:
    """Note that it was seen, and say thanks once that is committed; doing it again changes nothing and says the same."""
    await read_bounded(request, most=_MOST_BYTES)  # whatever a form sends; the token alone decides
    sent = read_seen(services.signing_keys, token)
    if sent is None:
        return unknown()
    try:
        delivered = await _acknowledged(services, *sent)
    except DatabaseDownError:
        return later()
    return unknown() if delivered is None else _thanks(_said(delivered))


async def _acknowledged(services: Services, delivery_id: UUID, fence: int) -> Delivered | None:
    async with services.database.transaction() as conn:
        delivered = await acknowledgements.find(conn, delivery_id, fence=fence)
        fresh = delivered is not None and await acknowledge(conn, delivered, at=services.now())
    if fresh and delivered is not None:
        services.measures.acknowledged.labels(delivered.channel).inc()
    return delivered


@dataclass(frozen=True, slots=True)
class _Said:
    """What of a message its page repeats: nothing that tells who got it."""

    language: str
    headline: str
    agency: str
    """In HTML."""
    words: Wording


def _said(delivered: Delivered) -> _Said:
    info = info_for(delivered.body, language=delivered.language)
    language, headline = str(info["language"]), str(info["headline"])
    marking = marking_of(
        str(delivered.body["status"]),
        message_type=str(delivered.body.get("message_type", "alert")),
        language=language,
    )
    return _Said(
        language,
        f"{marking}: {headline}" if marking else headline,
        f"<strong>{escape(delivered.agency_name)}</strong>",
        wording_of(language),
    )


def _question(said: _Said) -> Response:
    body = (
        f"<p>{said.words.source} {said.agency}</p>"
        f'<form method="post"><button>{escape(said.words.button)}</button></form><p>{escape(said.words.not_yet)}</p>'
    )
    return private(page(said.headline, body, language=said.language))


def _thanks(said: _Said) -> Response:
    body = f"<p>{escape(said.headline)}</p><p>{escape(said.words.told)} {said.agency}</p>"
    return private(page(said.words.thanks, body, language=said.language))
