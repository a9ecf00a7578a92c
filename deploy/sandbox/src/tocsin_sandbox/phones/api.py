"""The JSON API: phones and their texts, counts, references."""

import time
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from tocsin_sandbox.phones.desk import Desk
from tocsin_sandbox.phones.text import Provider, Text

MAX_REFS: Final = 50_000

Number = Annotated[str, Path(pattern=r"^\+?[0-9A-Za-z]{3,20}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PhonesQuery(_Strict):
    """Which phones: those behind the phone `after` in the list."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
    after: str | None = None


class RefsQuery(_Strict):
    """Which references: of the texts behind the number `after`."""

    after: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_REFS)] = 10_000


class FromPhone(_Strict):
    """What a phone sends, and to whom; by default the provider of what it answers carries it."""

    to: Annotated[str, Field(min_length=1, max_length=40)]
    body: Annotated[str, Field(min_length=1, max_length=1_600)]
    provider: Provider | None = None


class TextRow(BaseModel):
    """A text on a phone."""

    number: int
    provider: Provider
    ref: str
    reference: str
    sender: str
    service: str
    to: str
    inbound: bool
    body: str
    segments: int
    status: str
    code: int | None
    taken_at: datetime
    updated_at: datetime


class PhoneRow(BaseModel):
    """A phone with its newest text."""

    number: str
    texts: int
    newest: TextRow


class PhoneList(BaseModel):
    """Newest first; `next` is the `after` of the following page."""

    items: list[PhoneRow]
    next: str | None


class Summary(BaseModel):
    """Counts since the texts were deleted, restarts included; what is said of callbacks and rules: since the start.

    `duplicates`: texts whose reference was seen before. `most_segments_in_1_s`: by sender, when they were taken.
    """

    taken: int
    distinct: int
    duplicates: int
    segments: int
    by_provider: dict[Provider, int]
    by_status: dict[str, int]
    from_phones: int
    kept: int
    last_number: int
    most_segments_in_1_s: dict[str, int]
    callbacks: dict[str, int]
    rules_applied: dict[Provider, list[int]]


def phones_routes(desk: Desk) -> APIRouter:
    """The routes about phones and texts."""
    routes = APIRouter(prefix="/api")

    @routes.get("/phones")
    async def phones(query: Annotated[PhonesQuery, Query()]) -> PhoneList:
        return phone_list(desk, query)

    @routes.get("/phones/{number}/texts")
    async def texts(number: Number) -> list[TextRow]:
        return [row_of(text) for text in desk.texts.kept.of_phone(number)]

    @routes.post("/phones/{number}/texts", status_code=201)
    async def send(number: Number, wanted: FromPhone) -> TextRow:
        sent = desk.replies.send(
            number, to=wanted.to, body=wanted.body, begun=time.time(), provider=wanted.provider
        )
        return row_of(sent)

    _text_routes(routes, desk)
    return routes


def _text_routes(routes: APIRouter, desk: Desk) -> None:
    """Those about all texts."""

    @routes.get("/texts/summary")
    async def summary() -> Summary:
        return summary_of(desk)

    @routes.get("/texts/refs")
    async def refs(query: Annotated[RefsQuery, Query()]) -> Response:
        return JSONResponse(refs_page(desk, query))

    @routes.delete("/texts", status_code=204)
    async def delete() -> None:
        desk.delete()


def phone_list(desk: Desk, query: PhonesQuery) -> PhoneList:
    """One page of the phones."""
    kept = desk.texts.kept
    numbers = iter(kept.phones())
    if query.after is not None:
        for number in numbers:
            if number == query.after:
                break
    found = list(islice(numbers, query.limit + 1))
    items = [
        PhoneRow(number=number, texts=kept.count_of_phone(number), newest=row_of(next(kept.of_phone(number))))
        for number in found[: query.limit]
    ]
    return PhoneList(items=items, next=items[-1].number if len(found) > query.limit else None)


def row_of(text: Text) -> TextRow:
    """A text as the API shows it."""
    draft = text.draft
    return TextRow(
        number=text.number,
        provider=draft.provider,
        ref=text.ref,
        reference=draft.reference,
        sender=draft.sender,
        service=draft.service,
        to=draft.to,
        inbound=text.inbound,
        body=text.body,
        segments=draft.segments,
        status=text.status,
        code=text.code,
        taken_at=datetime.fromtimestamp(text.taken_at, UTC),
        updated_at=datetime.fromtimestamp(text.updated_at, UTC),
    )


def summary_of(desk: Desk) -> Summary:
    """The counts as they are now."""
    tally = desk.texts.tally
    return Summary(
        taken=tally.taken,
        distinct=tally.distinct,
        duplicates=tally.duplicates,
        segments=tally.segments,
        by_provider=dict(tally.by_provider),
        by_status={status: count for status, count in sorted(tally.by_status.items()) if count},
        from_phones=tally.inbound,
        kept=len(desk.texts.kept),
        last_number=tally.last_number,
        most_segments_in_1_s={sender: busiest.most for sender, busiest in tally.busiest.items()},
        callbacks=desk.callbacks.summary(),
        rules_applied=desk.rules_applied(),
    )


def refs_page(desk: Desk, query: RefsQuery) -> dict[str, object]:
    """Numbers and references, oldest first; plain dicts, since models of 50,000 would hold up the loop."""
    tally = desk.texts.tally
    first, references = tally.references(after=query.after, limit=query.limit)
    items = [
        {"number": number, "reference": reference} for number, reference in enumerate(references, start=first)
    ]
    last = first + len(items) - 1
    return {"items": items, "next": last if last < tally.last_number else None}
