"""`/u/{token}`: one-click unsubscribe (RFC 8058). GET changes nothing, for scanners open every link."""

from html import escape
from typing import Final

from fastapi import APIRouter, Request, Response

from alert_api.bodies import read_bounded
from alert_api.database import DatabaseDownError
from alert_api.html import page
from alert_api.link_pages import later, private, unknown
from alert_api.services import Services, With
from tocsin_runtime.tokens import Unsubscribe, read_unsubscribe
from tocsin_schemas.words import Purpose
from tocsin_store import agencies, consents

router: Final = APIRouter(include_in_schema=False)

_MOST_BYTES: Final = 16_384
_MESSAGES: Final = {
    Purpose.EMERGENCY: "emergency messages",
    Purpose.SERVICE: "service messages",
    Purpose.PUBLIC_TASK: "public information",
    Purpose.RESEARCH: "research messages",
    Purpose.MARKETING: "marketing messages",
}


@router.head("/u/{token}")
@router.get("/u/{token}")
async def ask(token: str, services: With) -> Response:
    """Show what the link would end, and a button that ends it."""
    what = read_unsubscribe(services.signing_keys, token)
    if what is None:
        return unknown()
    try:
        return _question(what, sender=await _sender(what, services))
    except DatabaseDownError:
        return later()


@router.post("/u/{token}")
async def unsubscribe(token: str, request: Request, services: With) -> Response:
    """Withdraw the consent that the link names; doing it again changes nothing and says the same."""
    await read_bounded(request, most=_MOST_BYTES)  # RFC 8058's form; the token alone decides
    what = read_unsubscribe(services.signing_keys, token)
    if what is None:
        return unknown()
    try:
        await _withdraw(what, services)
        return _done(what, sender=await _sender(what, services))
    except DatabaseDownError:
        return later()


async def _withdraw(what: Unsubscribe, services: Services) -> None:
    async with services.database.transaction() as conn:
        ended = await consents.withdraw(
            conn,
            member_id=what.member_id,
            agency_id=what.agency_id,
            purpose=what.purpose,
            channel=what.channel,
            evidence={"by": "member", "how": "one-click link"},
        )
    if ended:
        services.measures.unsubscribed.inc()


async def _sender(what: Unsubscribe, services: Services) -> str:
    async with services.database.connection() as conn:
        name = await agencies.name_of(conn, what.agency_id)
    return escape(name or "the sender")


def _question(what: Unsubscribe, *, sender: str) -> Response:
    return private(
        page(
            "Unsubscribe",
            f"<p>You get {_MESSAGES[what.purpose]} by {what.channel} from <strong>{sender}</strong>.</p>"
            '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
            "<button>Stop these messages</button></form>"
            "<p>Nothing has changed yet. Other senders and other kinds of message are not affected.</p>",
        )
    )


def _done(what: Unsubscribe, *, sender: str) -> Response:
    return private(
        page(
            "You are unsubscribed",
            f"<p><strong>{sender}</strong> will send you no more {_MESSAGES[what.purpose]} by {what.channel}.</p>"
            "<p>A message that is already on its way may still arrive. You can close this page.</p>",
        )
    )
