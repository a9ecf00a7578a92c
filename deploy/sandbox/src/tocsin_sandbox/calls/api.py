"""The JSON API: calls with their transcripts, counts, and what one can do at the phone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from tocsin_sandbox.calls.call import Call, Kind
from tocsin_sandbox.calls.line import Line
from tocsin_sandbox.calls.switchboard import Switchboard
from tocsin_sandbox.phones.callee import Keys

Sid = Annotated[str, Path(pattern=r"^CA[0-9a-f]{32}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CallsQuery(_Strict):
    """Which calls: those older than the call with the number `after`, to one number or to all."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
    after: Annotated[int, Field(ge=1)] | None = None
    to: str | None = None


class Pressed(_Strict):
    """Keys somebody presses."""

    keys: Annotated[Keys, Field(min_length=1)]


class ByHand(_Strict):
    """Whether calls to a number are answered at the page."""

    number: Annotated[str, Field(pattern=r"^\+[0-9]{8,15}$")]
    on: bool


class EntryRow(BaseModel):
    """A line of a transcript."""

    at: datetime
    kind: Kind
    text: str


class CallRow(BaseModel):
    """A call."""

    number: int
    sid: str
    reference: str
    sender: str
    to: str
    status: str
    answered_by: str | None
    code: int | None
    duration_s: int | None
    created_at: datetime
    updated_at: datetime


class WholeCall(CallRow):
    """And what happened in it."""

    transcript: list[EntryRow]


class CallList(BaseModel):
    """Newest first; `next` is the `after` of the following page."""

    items: list[CallRow]
    next: int | None


class CallsSummary(BaseModel):
    """Counts since the calls were deleted, restarts included; what is said of callbacks and rules: since the start.

    `duplicates`: calls whose reference was seen before. `lines`: of all transcripts. `at_once`: calls that are not over.
    """

    taken: int
    duplicates: int
    by_status: dict[str, int]
    at_once: int
    most_at_once: int
    most_at_once_to_one_number: int
    most_created_in_1_s: int
    lines: int
    kept: int
    last_number: int
    by_hand: list[str]
    callbacks: dict[str, int]
    rules_applied: list[int]


def calls_routes(board: Switchboard) -> APIRouter:
    """The routes about calls."""
    routes = APIRouter(prefix="/api/calls")

    @routes.get("")
    async def calls(query: Annotated[CallsQuery, Query()]) -> CallList:
        return call_list(board, query)

    @routes.get("/summary")
    async def summary() -> CallsSummary:
        return summary_of(board)

    @routes.get("/{sid}")
    async def call(sid: Sid) -> WholeCall:
        return whole(board, sid)

    @routes.delete("", status_code=204)
    async def delete() -> None:
        board.delete()

    _phone_routes(routes, board)
    return routes


def _phone_routes(routes: APIRouter, board: Switchboard) -> None:
    """What one can do at the phone."""

    @routes.post("/by-hand", status_code=204)
    async def by_hand(wanted: ByHand) -> None:
        board.answer_by_hand(wanted.number, on=wanted.on)

    @routes.post("/{sid}/answer", status_code=204)
    async def answer(sid: Sid) -> None:
        line_of(board, sid).pick_up()

    @routes.post("/{sid}/keys", status_code=204)
    async def keys(sid: Sid, pressed: Pressed) -> None:
        line_of(board, sid).press(pressed.keys)

    @routes.post("/{sid}/hang-up", status_code=204)
    async def hang_up(sid: Sid) -> None:
        line_of(board, sid).hang_up("callee")


def line_of(board: Switchboard, sid: str) -> Line:
    """The line of a call.

    Raises:
        HTTPException: It is over, or there is none.
    """
    line = board.line(sid)
    if line is None:
        raise HTTPException(404, "No such call, or it is over")
    return line


def whole(board: Switchboard, sid: str) -> WholeCall:
    """One call with its transcript.

    Raises:
        HTTPException: It is not kept.
    """
    call = board.calls.get(sid)
    if call is None:
        raise HTTPException(404, "No such call")
    transcript = [
        EntryRow(at=_time(entry.at), kind=entry.kind, text=entry.text)
        for entry in board.calls.transcript(sid)
    ]
    return WholeCall(**row_of(call).model_dump(), transcript=transcript)


def call_list(board: Switchboard, query: CallsQuery) -> CallList:
    """One page of the calls."""
    found = list(islice(_found(board, query), query.limit + 1))
    items = [row_of(call) for call in found[: query.limit]]
    return CallList(items=items, next=items[-1].number if len(found) > query.limit else None)


def _found(board: Switchboard, query: CallsQuery) -> Iterator[Call]:
    for call in board.calls.newest_first():
        if query.to is not None and call.asked.to != query.to:
            continue
        if query.after is None or call.number < query.after:
            yield call


def row_of(call: Call) -> CallRow:
    """A call as the API shows it."""
    return CallRow(
        number=call.number,
        sid=call.sid,
        reference=call.asked.reference,
        sender=call.asked.sender,
        to=call.asked.to,
        status=call.status,
        answered_by=call.answered_by,
        code=call.code,
        duration_s=call.duration_s,
        created_at=_time(call.created_at),
        updated_at=_time(call.updated_at),
    )


def summary_of(board: Switchboard) -> CallsSummary:
    """The counts as they are now."""
    tally = board.calls.tally
    return CallsSummary(
        taken=tally.taken,
        duplicates=tally.duplicates,
        by_status={status: count for status, count in sorted(tally.by_status.items()) if count},
        at_once=tally.at_once,
        most_at_once=tally.most_at_once,
        most_at_once_to_one_number=tally.most_to_one_number,
        most_created_in_1_s=tally.created.most,
        lines=tally.lines,
        kept=len(board.calls),
        last_number=tally.last_number,
        by_hand=board.by_hand,
        callbacks=board.callbacks.summary(),
        rules_applied=board.rules.applied(),
    )


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
