"""What a client may ask Twilio to call, and what it hears otherwise."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl
from uuid import uuid4

from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.calls.call import Asked
from tocsin_sandbox.twilio.create import NUMBER, Form, reference_of

EVENTS: Final = ("initiated", "ringing", "answered", "completed")

_SECONDS: Final[Mapping[str, tuple[int, int]]] = {
    "Timeout": (1, 600),
    "TimeLimit": (1, 86_400),
    "MachineDetectionTimeout": (3, 59),
}
_DETECTION: Final = frozenset({"Enable", "DetectMessageEnd"})
_WEB: Final = re.compile(r"https?://[^/\s]+\S*")


def call_form(encoded: str) -> Form:
    """The fields; what is given several times is joined by spaces."""
    fields: dict[str, str] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        fields[name] = f"{fields[name]} {value}" if name in fields else value
    return fields


def problem(form: Form, behaviour: CallsBehaviour) -> int | None:
    """The code of the first thing wrong with it."""
    return next((code for code, wrong in _CHECKS.items() if wrong(form, behaviour)), None)


def asked_of(form: Form, *, account: str, begun: float) -> Asked:
    """The call a form without a problem asks for."""
    callback = form.get("StatusCallback", "")
    return Asked(
        account=account,
        sid=f"CA{uuid4().hex}",
        reference=reference_of(callback),
        sender=form["From"],
        to=form["To"],
        url=form.get("Url", ""),
        method=form.get("Method", "POST"),
        twiml="" if form.get("Url") else form.get("Twiml", ""),
        fallback=form.get("FallbackUrl", ""),
        callback=callback,
        events=_events(form),
        ring_s=float(form.get("Timeout") or 60),
        limit_s=float(form.get("TimeLimit") or 14_400),
        detection=form.get("MachineDetection", ""),
        detection_s=float(form.get("MachineDetectionTimeout") or 30),
        detected_late=form.get("AsyncAmd") == "true",
        detection_callback=form.get("AsyncAmdStatusCallback", ""),
        begun=begun,
    )


def _events(form: Form) -> tuple[str, ...]:
    return tuple(form.get("StatusCallbackEvent", "completed").split())


def _bad_sender(form: Form, behaviour: CallsBehaviour) -> bool:
    return bool(behaviour.callers) and form["From"] not in behaviour.callers


def _nothing_to_say(form: Form, _: CallsBehaviour) -> bool:
    url = form.get("Url")
    return not _WEB.fullmatch(url) if url else not form.get("Twiml")


def _bad_callback(form: Form, _: CallsBehaviour) -> bool:
    urls: Sequence[str] = [
        form.get(name, "") for name in ("StatusCallback", "FallbackUrl", "AsyncAmdStatusCallback")
    ]
    return not all(_WEB.fullmatch(url) for url in urls if url)


def _bad_value(form: Form, _: CallsBehaviour) -> bool:
    return (
        form.get("Method", "POST") not in {"GET", "POST"}
        or form.get("MachineDetection", "Enable") not in _DETECTION
        or not set(_events(form)) <= set(EVENTS)
        or not all(_within(form.get(name), *limits) for name, limits in _SECONDS.items())
    )


def _within(value: str | None, least: int, most: int) -> bool:
    return not value or (value.isdigit() and least <= int(value) <= most)


_CHECKS: Final[Mapping[int, Callable[[Form, CallsBehaviour], bool]]] = {
    21201: lambda form, _: not form.get("To"),
    21213: lambda form, _: not form.get("From"),
    21211: lambda form, _: not NUMBER.fullmatch(form["To"]),
    21212: lambda form, _: not NUMBER.fullmatch(form["From"]),
    21266: lambda form, _: form["To"] == form["From"],
    21210: _bad_sender,
    21205: _nothing_to_say,
    21609: _bad_callback,
    20001: _bad_value,
}
"""In the order in which they are looked for."""
