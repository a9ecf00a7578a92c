"""`/calls/…`: what calls ask to be told; and `/callbacks/twilio/calls`: what is reported of them."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from fastapi import Request, Response

from alert_api.call_reports import answered_by, code_of
from alert_api.call_steps import MOST_HELD, Step, read_step
from alert_api.call_talk import Call, answered, goodbye, pressed
from alert_api.callback_door import Form, first
from alert_api.database import DatabaseDownError
from alert_api.problems import Problem
from alert_api.services import Services
from tocsin_providers.twilio import twiml
from tocsin_providers.twilio.call_statuses import AFTER_MACHINES, report_of_call
from tocsin_runtime.tokens import read_callback
from tocsin_runtime.voice.phrases import phrases_of
from tocsin_runtime.voice.settings import FALLBACK
from tocsin_store.callbacks import Told

_SID: Final = re.compile(r"CA[0-9a-f]{32}")
_PATIENCE_S: Final = 3.0
"""How long somebody on the line waits in silence; Twilio itself waits for 15 s (error 11200)."""
_HOLD_S: Final = 4
_TAKEN: Final = Response(status_code=204)

Talk = Callable[[Call, Services], Awaitable[str]]


async def twilio_answer(request: Request, services: Services) -> Response:
    """A call was answered."""
    return await _talk(request, services, answered)


async def twilio_key(request: Request, services: Services) -> Response:
    """A key was pressed."""
    return await _talk(request, services, pressed)


async def twilio_call_status(request: Request, services: Services) -> Response:
    """A call has another status."""
    provider, form = await services.callback_door.form_of_twilio(request)
    ref, status = _sid(form), first(form, "CallStatus")
    if report_of_call(status, answered_by=None, heard_s=None, code=None) is None:
        services.measures.callbacks.labels(provider, "unknown").inc()
        raise Problem("callback", "No call that was made has such a status.")
    reference = read_step(request.scope["query_string"]).reference
    delivery, fence = read_callback(services.signing_keys, reference) or (None, None)
    await services.callback_desk.put(Told(provider, ref, status, code_of(form), delivery, fence))
    services.measures.callbacks.labels(provider, status).inc()
    return _TAKEN


async def _talk(request: Request, services: Services, talk: Talk) -> Response:
    """Whoever listens hears no error of ours: while something is down they are asked to hold, and Twilio asks again."""
    step = read_step(request.scope["query_string"])
    try:
        provider, form = await services.callback_door.form_of_twilio(request)
        call = _call(provider, form, step)
        step = call.step
        async with asyncio.timeout(_PATIENCE_S):
            said = await talk(call, services)
    except (DatabaseDownError, TimeoutError):
        said = _held(step, services)
    except Problem as problem:
        if problem.slug != "busy":
            raise
        said = _held(step, services)
    return Response(said, media_type="text/xml")


def _call(provider: str, form: Form, step: Step) -> Call:
    digits = first(form, "Digits") or step.digits
    by = answered_by(form) or step.answered_by
    return Call(provider, _sid(form), replace(step, digits=digits[:1], answered_by=by))


def _sid(form: Form) -> str:
    sid = first(form, "CallSid")
    if not _SID.fullmatch(sid):
        raise Problem("callback")
    return sid


def _held(step: Step, services: Services) -> str:
    services.measures.held.inc()
    if step.held >= MOST_HELD:
        return goodbye(services)
    phrases = None if step.answered_by in AFTER_MACHINES else phrases_of(FALLBACK)  # a machine records
    return twiml.hold(phrases, voices=services.scripts.voices, seconds=_HOLD_S, redirect=step.again())
