"""`/callbacks/…`: what providers report of messages they took, and texts that came in; `/calls/…`: what calls say."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from alert_api.admission import Admission
from alert_api.call_routes import twilio_answer, twilio_call_status, twilio_key
from alert_api.callback_door import first
from alert_api.problems import Problem
from alert_api.services import Services
from alert_api.text_in import TextIn, take_in
from alert_api.words_in import Meaning, meaning_of
from tocsin_runtime.tokens import read_callback
from tocsin_store.callbacks import Told

_SID: Final = re.compile(r"(SM|MM)[0-9a-f]{32}")
_CODE: Final = re.compile(r"[0-9]{0,6}")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SAID: Final[Mapping[str, Meaning]] = {
    "STOP": Meaning.STOP,
    "START": Meaning.START,
    "HELP": Meaning.HELP,
}  # https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
_TAKEN: Final = Response(status_code=204)
_NOTHING_TO_SAY: Final = "<Response/>"
_NATIONAL: Final = re.compile(r"0([1-9][0-9]{6,12})")


Endpoint = Callable[[Request, Services], Awaitable[Response]]


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


async def twilio_status(request: Request, services: Services) -> Response:
    """A message has another status."""
    provider, form = await services.callback_door.form_of_twilio(request)
    ref, code = first(form, "MessageSid"), first(form, "ErrorCode")
    if not _SID.fullmatch(ref) or not _CODE.fullmatch(code):
        raise Problem("callback")
    reference = request.scope["query_string"].removeprefix(b"r=").decode("latin-1")
    return await _taken(services, provider, ref, first(form, "MessageStatus"), code, reference)


async def notify_status(request: Request, services: Services) -> Response:
    """A message has its last status."""
    provider, content = await services.callback_door.json_of_notify(request)
    try:
        report = NotifyReport.model_validate(content)
    except ValidationError as error:
        raise Problem("callback") from error
    return await _taken(services, provider, str(report.id), report.status, "", report.reference or "")


async def twilio_message(request: Request, services: Services) -> Response:
    """Somebody texts a number of ours."""
    provider, form = await services.callback_door.form_of_twilio(request)
    ref, body = first(form, "MessageSid"), first(form, "Body")
    if not _SID.fullmatch(ref):
        raise Problem("callback")
    said = _SAID.get(first(form, "OptOutType"))
    text = TextIn(
        provider=provider,
        ref=ref,
        number=_number(first(form, "From")),
        to=[to for name in ("To", "MessagingServiceSid") if (to := first(form, name))],
        lent=False,
        body=body,
        meaning=said or meaning_of(body),
        said=said is not None,
        at=services.now(),
    )
    if await _heard(services, text) is Meaning.NOBODY:
        return _TAKEN
    return Response(_NOTHING_TO_SAY, media_type="text/xml")


async def notify_message(request: Request, services: Services) -> Response:
    """Somebody texts the service's number."""
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
    return _TAKEN


async def _taken(
    services: Services, provider: str, ref: str, status: str, code: str, reference: str
) -> Response:
    if services.read_report(provider, status, code) is None:
        services.measures.callbacks.labels(provider, "unknown").inc()
        raise Problem("callback", "No message that was sent has such a status.")
    delivery, fence = read_callback(services.signing_keys, reference) or (None, None)
    await services.callback_desk.put(Told(provider, ref, status, code, delivery, fence))
    services.measures.callbacks.labels(provider, status).inc()
    return _TAKEN


async def _heard(services: Services, text: TextIn) -> Meaning | None:
    async with services.database.transaction() as conn:
        meaning = await take_in(conn, text)
    if meaning is not None:
        services.measures.texts_in.labels(text.provider, meaning).inc()
    return meaning


def _number(given: str) -> str | None:
    return given if _NUMBER.fullmatch(given) else None


def _international(given: str) -> str:
    """Notify leaves the plus out, and may name its own numbers as they are dialled in the United Kingdom."""
    national = _NATIONAL.fullmatch(given)
    return f"+44{national[1]}" if national else f"+{given.removeprefix('+')}"


ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "/callbacks/twilio/status": twilio_status,
    "/callbacks/twilio/messages": twilio_message,
    "/callbacks/twilio/calls": twilio_call_status,
    "/calls/twilio/answer": twilio_answer,
    "/calls/twilio/key": twilio_key,
    "/callbacks/notify/status": notify_status,
    "/callbacks/notify/messages": notify_message,
}


class CallbackRoutes:
    """Serves these paths before the app, whose machinery takes longer than everything else about a report."""

    def __init__(self, app: ASGIApp, *, services: Services) -> None:
        self._app = app
        self._services = services
        self._admission = Admission(self._answer, services=services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is for us, and pass on what is not."""
        is_ours = scope["type"] == "http" and scope["path"] in ENDPOINTS
        await (self._admission if is_ours else self._app)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = _Route(scope["path"])  # what measures go by
        if scope["method"] != "POST":
            raise Problem("method", headers={"Allow": "POST"})
        response = await ENDPOINTS[scope["path"]](Request(scope, receive), self._services)
        await response(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Route:
    path: str
