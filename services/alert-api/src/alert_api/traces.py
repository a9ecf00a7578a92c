"""What an act leaves beside its own rows, in its transaction: a record for Kafka, an audit entry."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from alert_api.keys import Caller
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import (
    MESSAGES,
    AlertAccepted,
    AlertCancelled,
    AlertUpdated,
    Message,
    ReplyReceived,
)
from tocsin_schemas.topics import ALERTS, REPLIES
from tocsin_store import audit, outbox
from tocsin_store.opt_outs import Moved
from tocsin_store.pool import Connection
from tocsin_store.replies import Reply

Bell = AlertAccepted | AlertCancelled | AlertUpdated

EVENT_TYPES: Final[Mapping[type[Message], str]] = {model: name for name, model in MESSAGES.items()}


async def ring(conn: Connection, bell: Bell) -> int:
    """Put a bell into the outbox and return its row."""
    return await outbox.append(
        conn,
        topic=ALERTS.name,
        key=bell.alert_id,
        event_type=EVENT_TYPES[type(bell)],
        value=encode(bell),
    )


async def note(conn: Connection, caller: Caller, *, action: str, subject: UUID) -> None:
    """Write down who did it."""
    await audit.append(
        conn, agency_id=caller.agency_id, actor=caller.key_id, action=action, subject=str(subject)
    )


async def note_moved(conn: Connection, moved: Sequence[Moved], *, actor: str, action: str) -> None:
    """Write down whose consent ended or was given back, and by what."""
    for each in moved:
        await audit.append(
            conn, agency_id=each.agency_id, actor=actor, action=action, subject=str(each.member_id)
        )


async def tell_reply(conn: Connection, reply: Reply, *, agency_id: UUID) -> None:
    """Put what may be told of a reply into the outbox: its text may not."""
    told = ReplyReceived(
        reply_id=reply.id,
        agency_id=agency_id,
        alert_id=reply.alert_id,
        delivery_id=reply.delivery_id,
        member_id=reply.member_id,
        channel=reply.channel,
        kind=reply.kind,
        received_at=reply.received_at,
    )
    await outbox.append(
        conn,
        topic=REPLIES.name,
        key=reply.alert_id or reply.member_id or reply.id,
        event_type=EVENT_TYPES[ReplyReceived],
        value=encode(told),
    )
