"""Answers replies: an answer is an alert to one, so that all that holds for alerts holds for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import Field

from alert_api.accept import answer_of, validated
from alert_api.alert_post import Body, ShortText
from alert_api.alert_states import found
from alert_api.once import Done, Outcome, Posting, once
from alert_api.problems import Fault, Problem
from alert_api.services import Services
from alert_api.sms_texts import texts_of
from alert_api.traces import note, ring
from alert_api.views import ReplyView
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_schemas.messages import AlertAccepted
from tocsin_schemas.words import Channel, Lane, Purpose, Severity
from tocsin_store import new_alerts, replies
from tocsin_store.alerts import Alert
from tocsin_store.new_alerts import NewAlert
from tocsin_store.pool import Connection
from tocsin_store.replies import Reply

_LASTS: Final = timedelta(hours=24)
_NOT_OPEN: Final = "It is {}. What it answers can be followed by its answer_id."
_CLOSED: Final = "It is closed, and stays so."
_NOBODY: Final = "Nobody who lets you text has the number any more, or ever did."
_NO_TEXT: Final = (
    "It came by a link or a key, and only texts are answered: nothing was asked. It can be closed."
)
_NO_ALERT: Final = (
    "It is about no alert, and so nothing says for what its sender lets you write. It can be closed."
)


class AnswerPost(Body):
    """Answers a reply, on the channel it came by."""

    text: ShortText = Field(
        description="What is said; from whom it is and how to leave are added. 10 segments at most."
    )


async def answer(
    posting: Posting, reply_id: UUID, *, services: Services, alert_id: UUID | None = None
) -> Outcome:
    """Answer a reply, to one alert or whatever it is about, once; say whether the answer's bell has reached Kafka.

    Raises:
        Problem: `validation`, `not-found`, `reply-state`, `idempotency-…`; nothing was stored.
        DatabaseDownError: It may have been stored: the same key tells.
    """
    now = services.now()

    async def act(conn: Connection) -> Done:
        post, faults = validated(AnswerPost, posting.body, now=now)
        if post is None:
            raise Problem("validation", faults=faults)
        agency_id = posting.caller.agency_id
        reply = await _locked(conn, reply_id, alert_id=alert_id, agency_id=agency_id)
        new = await _answer_to(conn, reply, post, agency_id=agency_id, now=now)
        await _require_short(conn, new, settings=services.sms)
        stored = await new_alerts.insert(conn, new)
        await replies.answer(conn, reply.id, answer_id=stored.id)
        bell = await ring(
            conn, AlertAccepted(alert_id=stored.id, alert_version=stored.version, lane=stored.lane)
        )
        await note(conn, posting.caller, action="reply answered", subject=reply.id)
        return Done({**answer_of(stored), "reply_id": str(reply.id)}, bell=bell)

    return await once(posting, act, services=services)


async def close(
    posting: Posting, reply_id: UUID, *, services: Services, alert_id: UUID | None = None
) -> Outcome:
    """Close a reply, to one alert or whatever it is about, answered or not.

    Raises:
        Problem: `not-found`, `reply-state`, `idempotency-…`; nothing has changed.
    """

    async def act(conn: Connection) -> Done:
        agency_id = posting.caller.agency_id
        reply = await _locked(conn, reply_id, alert_id=alert_id, agency_id=agency_id)
        if reply.state == "closed":
            raise Problem("reply-state", _CLOSED)
        closed = await replies.close(conn, reply.id)
        await note(conn, posting.caller, action="reply closed", subject=reply.id)
        return Done(ReplyView.model_validate(closed).model_dump(mode="json"), status=200)

    return await once(posting, act, services=services)


async def _locked(conn: Connection, reply_id: UUID, *, alert_id: UUID | None, agency_id: UUID) -> Reply:
    reply = await replies.lock(conn, reply_id, alert_id=alert_id, agency_id=agency_id)
    if reply is None:
        raise Problem("not-found")
    return reply


async def _answer_to(
    conn: Connection, reply: Reply, post: AnswerPost, *, agency_id: UUID, now: datetime
) -> NewAlert:
    if reply.state != "open":
        raise Problem("reply-state", _NOT_OPEN.format(reply.state))
    if reply.channel is not Channel.SMS:
        raise Problem("reply-state", _NO_TEXT)
    if reply.contact_point_id is None:
        raise Problem("reply-state", _NOBODY)
    if reply.alert_id is None:
        raise Problem("reply-state", _NO_ALERT)
    about = await found(conn, reply.alert_id, agency_id=agency_id)
    language = await replies.language_at(conn, reply.contact_point_id)
    expires = now + _LASTS
    return NewAlert(
        agency_id=agency_id,
        lane=Lane.ROUTINE,
        severity=Severity.MINOR,
        purpose=Purpose(str(about.body["purpose"])),
        expires_at=expires,
        body=_content(about, post.text, language=language, expires=expires),
        shapes=(),
        channels=(Channel.SMS,),
        answers=reply.id,
        only_contact_point=reply.contact_point_id,
    )


def _content(about: Alert, text: str, *, language: str, expires: datetime) -> Mapping[str, object]:
    """What it says, and of everything else what the alert says that was replied to; an exercise stays one."""
    infos = about.body["info"]
    headline = infos[0]["headline"] if isinstance(infos, list) else ""
    return {
        **about.body,
        "info": [{"language": language, "headline": headline, "description": text, "text": text}],
        "severity": Severity.MINOR.value,
        "urgency": "unknown",
        "effective": None,
        "acknowledge": False,
        "expires": expires.isoformat(),
        "channels": [Channel.SMS.value],
        "plan": None,
        "message_type": "alert",
        "to": "audience",
    }


async def _require_short(conn: Connection, new: NewAlert, *, settings: SmsSettings) -> None:
    texts = await texts_of(conn, new.body, agency_id=new.agency_id, settings=settings)
    if faults := texts.faults():
        raise Problem("validation", faults=[Fault("/text", each.rule, each.detail) for each in faults])
