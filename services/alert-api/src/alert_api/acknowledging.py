"""Keeps what people answer, and that they have seen a message: each says so once, however often they say it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from alert_api.traces import tell_reply
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, ReceiptKind, ReplyKind
from tocsin_store import inbound, outbox, replies
from tocsin_store.acknowledgements import Delivered
from tocsin_store.inbound import Threaded
from tocsin_store.pool import Connection
from tocsin_store.replies import NewReply

_BY_LINK: Final = "link"


async def acknowledge(
    conn: Connection, delivered: Delivered, *, at: datetime, provider: str | None = None
) -> bool:
    """Note that whoever got a message says that they have seen it: a reply, and a receipt on its way to Kafka.

    Args:
        conn: In a transaction: before its commit nothing may be said of it.
        delivered: What they got.
        at: When they say it.
        provider: Who brings it; None where it came by a link of ours.

    Returns:
        False where they had said it before, and nothing is done.
    """
    got = delivered.got
    if delivered.acknowledged or not await inbound.keep(
        conn, provider=provider or _BY_LINK, ref=str(got.delivery_id), meaning="reply"
    ):
        return False
    reply = NewReply(
        agency_id=got.agency_id,
        kind=ReplyKind.ACKNOWLEDGEMENT,
        body="",
        provider=provider or _BY_LINK,
        channel=delivered.channel,
        alert_id=got.alert_id,
        delivery_id=got.delivery_id,
        member_id=delivered.member_id,
    )
    receipt = acknowledged(got, channel=delivered.channel, provider=provider, at=at)
    await keep_reply(conn, reply, receipts=[receipt])
    return True


async def keep_reply(conn: Connection, new: NewReply, *, receipts: Sequence[Receipt] = ()) -> None:
    """Keep a reply, tell of it, and put the receipts that follow from it on their way."""
    reply = await replies.add(conn, new)
    await tell_reply(conn, reply, agency_id=new.agency_id)
    if receipts:
        await outbox.keep_receipts(conn, receipts)


def acknowledged(got: Threaded, *, channel: Channel, provider: str | None, at: datetime) -> Receipt:
    """The receipt of a message that was seen."""
    return Receipt.of(
        got.delivery_id,
        alert=got.sent_as,
        alert_version=got.alert_version,
        channel=channel,
        fence=got.fence,
        kind=ReceiptKind.ACKNOWLEDGED,
        now=at,
        provider=provider,
        lane=got.lane,
    )
