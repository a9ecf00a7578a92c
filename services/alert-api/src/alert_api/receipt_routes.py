"""`/v1/receipts`: the merged timeline, to follow with a cursor."""

from typing import Final

from fastapi import APIRouter, Request, Response

from alert_api.cursors import position_cursor, read_position_cursor
from alert_api.openapi import PROBLEM
from alert_api.pages import page_of
from alert_api.requests import ReceiptReader, Receipts
from alert_api.services import With
from alert_api.views import Feed
from tocsin_schemas.messages import Receipt
from tocsin_store import timeline

router: Final = APIRouter(tags=["receipts"], responses=PROBLEM)


@router.get("/v1/receipts", responses={200: {"model": Feed[Receipt]}}, summary="Follow receipts")
async def list_receipts(request: Request, caller: ReceiptReader, query: Receipts, services: With) -> Response:
    """List facts about the agency's deliveries in the order they were merged; none is ever skipped.

    Keep `cursor` and ask again with it as `after`: what has been merged since comes next.
    """
    after = read_position_cursor(query.after)
    only = timeline.Filter(query.alert, query.channel, query.state)
    async with services.database.connection() as conn:
        found = await timeline.page(
            conn, agency_id=caller.agency_id, after=after, only=only, limit=query.limit + 1
        )
    shown = found[: query.limit]
    cursor = position_cursor(shown[-1][0]) if shown else query.after
    more = cursor if len(found) > query.limit else None
    return page_of(request, Feed(items=[receipt for _, receipt in shown], next=more, cursor=cursor))
