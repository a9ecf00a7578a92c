"""What a client may ask Twilio to send, and what it hears otherwise."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from tocsin_sandbox.phones.segments import segments_of
from tocsin_sandbox.phones.text import NONE, Draft, Provider
from tocsin_sandbox.twilio.behaviour import POOL, TwilioBehaviour

Form = Mapping[str, str]

MAX_BODY: Final = 1_600
MAX_VALIDITY_S: Final = 36_000

NUMBER: Final = re.compile(r"\+[1-9]\d{7,14}")
_SENDER: Final = re.compile(r"\+?\d{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 &_-]{1,11}")
_SERVICE: Final = re.compile(r"MG[0-9a-f]{32}")
_LANDLINE: Final = re.compile(r"\+44[12]\d+")
"""British ones are taken and fail."""


def problem(form: Form, behaviour: TwilioBehaviour) -> int | None:
    """The code of the first thing wrong with it."""
    return next((code for code, wrong in _CHECKS.items() if wrong(form, behaviour)), None)


def draft_of(form: Form, *, account: str, behaviour: TwilioBehaviour, begun: float) -> Draft:
    """The text a form without a problem asks for."""
    body, service = form["Body"], form.get("MessagingServiceSid", "")
    segments = segments_of(body)
    callback = form.get("StatusCallback", "")
    validity = form.get("ValidityPeriod")
    return Draft(
        provider=Provider.TWILIO,
        account=account,
        ref=f"SM{uuid4().hex}",
        reference=reference_of(callback),
        status="accepted" if service else "queued",
        sender=form.get("From") or behaviour.services.get(service, POOL),
        service=service,
        to=form["To"],
        body=body,
        segments=segments,
        callback=callback,
        valid_s=float(validity) if validity else float(MAX_VALIDITY_S),
        fails_with=_known_failure(form, segments=segments, behaviour=behaviour),
        begun=begun,
    )


def reference_of(callback: str) -> str:
    """What the callback carries as `r`, in one word."""
    reference = parse_qs(urlsplit(callback).query).get("r", [NONE])[0]
    return "".join(reference.split()) or NONE


def _known_failure(form: Form, *, segments: int, behaviour: TwilioBehaviour) -> int | None:
    limit = form.get("MaxPrice")
    if limit and Decimal(limit) < behaviour.price * segments:
        return 30010
    return 30006 if _LANDLINE.fullmatch(form["To"]) else None


def _no_sender(form: Form, _: TwilioBehaviour) -> bool:
    return not (form.get("From") or form.get("MessagingServiceSid"))


def _bad_sender(form: Form, _: TwilioBehaviour) -> bool:
    service = form.get("MessagingServiceSid")
    if service and not _SERVICE.fullmatch(service):
        return True
    sender = form.get("From")
    return bool(sender) and not _SENDER.fullmatch(sender or "")


def _strange_sender(form: Form, behaviour: TwilioBehaviour) -> bool:
    sender = form.get("MessagingServiceSid") or form.get("From")
    return bool(behaviour.senders) and sender not in behaviour.senders


def _bad_callback(form: Form, _: TwilioBehaviour) -> bool:
    callback = form.get("StatusCallback")
    return bool(callback) and not (callback or "").startswith(("http://", "https://"))


def _bad_validity(form: Form, _: TwilioBehaviour) -> bool:
    validity = form.get("ValidityPeriod")
    return bool(validity) and not ((validity or "").isdigit() and 1 <= int(validity or 0) <= MAX_VALIDITY_S)


def _bad_price(form: Form, _: TwilioBehaviour) -> bool:
    try:
        return not Decimal(form.get("MaxPrice") or 0).is_finite()
    except InvalidOperation:
        return True


_CHECKS: Final[Mapping[int, Callable[[Form, TwilioBehaviour], bool]]] = {
    21604: lambda form, _: not form.get("To"),
    21603: _no_sender,
    21602: lambda form, _: not form.get("Body"),
    21617: lambda form, _: len(form["Body"]) > MAX_BODY,
    21211: lambda form, _: not NUMBER.fullmatch(form["To"]),
    21212: _bad_sender,
    21606: _strange_sender,
    21609: _bad_callback,
    90007: _bad_validity,
    20001: _bad_price,
    35118: lambda form, _: bool(form.get("SendAt") or form.get("ScheduleType")),
}
"""In the order in which they are looked for."""
