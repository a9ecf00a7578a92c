"""Takes in a text: a word is obeyed at once, anything else is kept as a reply; each once (product rules)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from alert_api.acknowledging import acknowledged, keep_reply
from alert_api.traces import note_moved
from alert_api.words_in import Meaning, word_of
from tocsin_schemas.words import Channel, ReplyKind
from tocsin_store import inbound, notices, opt_outs
from tocsin_store.inbound import Person, Threaded
from tocsin_store.opt_outs import Moved
from tocsin_store.pool import Connection
from tocsin_store.replies import NewReply

_DEFAULT_LANGUAGE: Final = "en"
_KEPT_AS: Final = {Meaning.ACKNOWLEDGEMENT: "reply", Meaning.TEXT: "reply"}


@dataclass(frozen=True, slots=True)
class TextIn:
    """A text as a provider brought it."""

    provider: str
    ref: str
    number: str | None
    """E.164; None where it came from something that cannot be written to."""
    to: Sequence[str]
    """What it was sent to, by every name that has."""
    lent: bool
    """Whether its provider's senders are not the agencies' own: then what the number got by it tells whose it is."""
    body: str
    meaning: Meaning
    said: bool
    """Whether the provider has answered it already."""
    at: datetime


async def take_in(conn: Connection, text: TextIn) -> Meaning | None:
    """Do what a text asks; None where it had come before, and nothing is done.

    From the commit of a withdrawal on no claim takes anything of it (I3).
    """
    agencies = await _agencies(conn, text)
    meaning = text.meaning if agencies else Meaning.NOBODY
    if not await inbound.keep(
        conn, provider=text.provider, ref=text.ref, meaning=_KEPT_AS.get(meaning, meaning.value)
    ):
        return None
    match meaning:
        case Meaning.STOP | Meaning.START:
            await _move(conn, text, agencies=agencies)
        case Meaning.HELP:
            await _help(conn, text, agencies=agencies)
        case Meaning.ACKNOWLEDGEMENT | Meaning.TEXT:
            await _reply(conn, text, agencies=agencies)
    return meaning


async def _agencies(conn: Connection, text: TextIn) -> Sequence[UUID]:
    owners = await inbound.agencies_of(conn, text.to)
    if owners or not text.lent or text.number is None:
        return owners
    return await inbound.agencies_by(conn, text.number, provider=text.provider)


async def _move(conn: Connection, text: TextIn, *, agencies: Sequence[UUID]) -> None:
    if text.number is None:
        return
    stops = text.meaning is Meaning.STOP
    evidence = {
        "by": "member",
        "how": "text",
        "word": word_of(text.body)[:64],
        "provider": text.provider,
        "ref": text.ref,
    }
    act = opt_outs.stop if stops else opt_outs.start
    moved = await act(conn, text.number, agencies=agencies, evidence=evidence)
    await note_moved(conn, moved, actor="text", action="consent withdrawn" if stops else "consent restored")
    if not text.said:
        await _confirm(conn, text, moved, kind="stopped" if stops else "started")


async def _confirm(conn: Connection, text: TextIn, moved: Sequence[Moved], *, kind: notices.Kind) -> None:
    languages = {each.agency_id: each.language for each in reversed(moved)}
    for agency_id, language in languages.items():
        await _say(conn, text, kind=kind, agency_id=agency_id, language=language)


async def _help(conn: Connection, text: TextIn, *, agencies: Sequence[UUID]) -> None:
    if text.number is None or text.said:
        return
    thread = await inbound.thread(conn, text.number, agencies=agencies)
    agency_id = thread[0].agency_id if thread else agencies[0]
    language = await inbound.language_of(conn, text.number) or _DEFAULT_LANGUAGE
    await _say(conn, text, kind="help", agency_id=agency_id, language=language)


async def _say(conn: Connection, text: TextIn, *, kind: notices.Kind, agency_id: UUID, language: str) -> None:
    await notices.add(
        conn,
        agency_id=agency_id,
        kind=kind,
        address=text.number or "",
        language=language,
        provider=text.provider,
    )


async def _reply(conn: Connection, text: TextIn, *, agencies: Sequence[UUID]) -> None:
    thread, people = [], []
    agency_id = agencies[0]
    if text.number is not None:
        thread = await inbound.thread(conn, text.number, agencies=agencies)
        agency_id = thread[0].agency_id if thread else agency_id
        people = await inbound.people(conn, text.number, agency_id=agency_id)
    acknowledges = text.meaning is Meaning.ACKNOWLEDGEMENT
    kind = ReplyKind.ACKNOWLEDGEMENT if acknowledges else ReplyKind.TEXT
    receipts = [
        acknowledged(each, channel=Channel.SMS, provider=text.provider, at=text.at) for each in thread
    ]
    await keep_reply(
        conn,
        _threaded(text, thread, people, agency_id=agency_id, kind=kind),
        receipts=receipts if acknowledges else (),
    )


def _threaded(
    text: TextIn, thread: Sequence[Threaded], people: Sequence[Person], *, agency_id: UUID, kind: ReplyKind
) -> NewReply:
    """Who it is from is told only where it is one, and points where the alert went are preferred for an answer."""
    got = {each.contact_point_id for each in thread}
    there = sorted(people, key=lambda person: person.contact_point_id not in got)
    return NewReply(
        agency_id=agency_id,
        kind=kind,
        body=text.body,
        provider=text.provider,
        alert_id=thread[0].alert_id if thread else None,
        delivery_id=thread[0].delivery_id if thread else None,
        member_id=people[0].member_id if len({person.member_id for person in people}) == 1 else None,
        contact_point_id=there[0].contact_point_id if there else None,
    )
