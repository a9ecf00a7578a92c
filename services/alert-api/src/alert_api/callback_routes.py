"""`/callbacks/…`: what providers report of texts they took, and texts that came in. Plain routes: there are thousands."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alert_api.callback_door import Form
from alert_api.problems import Problem
from alert_api.services import Services
from alert_api.text_in import TextIn, take_in
from alert_api.words_in import Meaning, meaning_of
from tocsin_runtime.tokens import read_callback
from tocsin_store.callbacks import Told

router: Final = APIRouter()

_SID: Final = re.compile(r"(SM|MM)[0-9a-f]{32}")
_CODE: Final = re.compile(r"[0-9]{0,6}")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SAID: Final[Mapping[str, Meaning]] = {
    "STOP": Meaning.STOP,
    "START": Meaning.START,
    "HELP": Meaning.HELP,
}  # https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
_NOTHING_TO_SAY: Final = "<Response/>"
_NATIONAL: Final = re.compile(r"0([1-9][0-9]{6,12})")


Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Route:
    path: str


def _post(path: str) -> Callable[[Endpoint], Endpoint]:
    """Serve a path without FastAPI's machinery, which would take longer than everything else here."""
    route = _Route(path)

    def served(endpoint: Endpoint) -> Endpoint:
        async def handle(request: Request) -> Response:
            request.scope["route"] = route  # what measures go by
            return await endpoint(request)

        router.add_route(path, handle, methods=["POST"], include_in_schema=False)
        return endpoint

    return served


class NotifyReport(BaseModel):
    """https://docs.notifications.service.gov.uk/rest-api.html#delivery-receipts."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    reference: str | None = Field(max_length=1000)
    status: str = Field(max_length=64)


class NotifyText(BaseModel):
    """https://docs.notifications.service.gov.uk/rest-api.html#received-text-messages."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    source_number: str = Field(max_length=64)
    destination_number: str = Field(max_length=64)
    message: str


@_post("/callbacks/twilio/status")
async def twilio_status(request: Request) -> Response:
    """A message has another status."""
    services: Services = request.app.state.services
    provider, form = await services.callback_door.form_of_twilio(request)
    ref, code = _first(form, "MessageSid"), _first(form, "ErrorCode")
    if not _SID.fullmatch(ref) or not _CODE.fullmatch(code):
        raise Problem("callback")
    reference = request.query_params.get("r", "")
    return await _taken(services, provider, ref, _first(form, "MessageStatus"), code, reference)


@_post("/callbacks/notify/status")
async def notify_status(request: Request) -> Response:
    """A message has its last status."""
    services: Services = request.app.state.services
    provider, content = await services.callback_door.json_of_notify(request)
    try:
        report = NotifyReport.model_validate(content)
    except ValidationError as error:
        raise Problem("callback") from error
    return await _taken(services, provider, str(report.id), report.status, "", report.reference or "")


@_post("/callbacks/twilio/messages")
async def twilio_message(request: Request) -> Response:
    """Somebody texts a number of ours."""
    services: Services = request.app.state.services
    provider, form = await services.callback_door.form_of_twilio(request)
    ref, body = _first(form, "MessageSid"), _first(form, "Body")
    if not _SID.fullmatch(ref):
        raise Problem("callback")
    said = _SAID.get(_first(form, "OptOutType"))
    text = TextIn(
        provider=provider,
        ref=ref,
        number=_number(_first(form, "From")),
        to=[to for name in ("To", "MessagingServiceSid") if (to := _first(form, name))],
        lent=False,
        body=body,
        meaning=said or meaning_of(body),
        said=said is not None,
        at=services.now(),
    )
    if await _heard(services, text) is Meaning.NOBODY:
        return Response(status_code=204)
    return Response(_NOTHING_TO_SAY, media_type="text/xml")


@_post("/callbacks/notify/messages")
async def notify_message(request: Request) -> Response:
    """Somebody texts the service's number."""
    services: Services = request.app.state.services
    provider, content = await services.callback_door.json_of_notify(request)
    try:
        got = NotifyText.model_validate(content)
    except ValidationError as error:
        raise Problem("callback") from error
    text = TextIn(
        provider=provider,
        ref=str(got.id),
        number=_number(_international(got.source_number)),
        to=[_international(got.destination_number)],
        lent=True,
        body=got.message,
        meaning=meaning_of(got.message),
        said=False,
        at=services.now(),
    )
    await _heard(services, text)
    return Response(status_code=204)


async def _taken(
    services: Services, provider: str, ref: str, status: str, code: str, reference: str
) -> Response:
    if services.read_report(provider, status, code) is None:
        services.measures.callbacks.labels(provider, "unknown").inc()
        raise Problem("callback", "No message that was sent has such a status.")
    delivery, fence = read_callback(services.signing_keys, reference) or (None, None)
    await services.callback_desk.put(Told(provider, ref, status, code, delivery, fence))
    services.measures.callbacks.labels(provider, status).inc()
    return Response(status_code=204)


async def _heard(services: Services, text: TextIn) -> Meaning | None:
    async with services.database.transaction() as conn:
        meaning = await take_in(conn, text)
    if meaning is not None:
        services.measures.texts_in.labels(text.provider, meaning).inc()
    return meaning


def _first(form: Form, name: str) -> str:
    return form.get(name, ("",))[0]


def _number(given: str) -> str | None:
    return given if _NUMBER.fullmatch(given) else None


def _international(given: str) -> str:
    """Notify leaves the plus out, and may name its own numbers as they are dialled in the United Kingdom."""
    national = _NATIONAL.fullmatch(given)
    return f"+44{national[1]}" if national else f"+{given.removeprefix('+')}"
