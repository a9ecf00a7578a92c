"""What a client may ask Notify to send, and what it hears otherwise."""

import json
import re
from collections.abc import Mapping
from typing import Final, TypeAlias
from uuid import UUID, uuid4

from tocsin_sandbox.notify.behaviour import NotifyBehaviour
from tocsin_sandbox.notify.errors import error, invalid
from tocsin_sandbox.phones.door import Answer
from tocsin_sandbox.phones.segments import segments_of
from tocsin_sandbox.phones.text import NONE, Draft, Provider

Wanted: TypeAlias = Mapping[str, object]

MAX_BODY: Final = 918

_FIELDS: Final = frozenset({"phone_number", "template_id", "personalisation", "reference", "sms_sender_id"})
_NUMBER: Final = re.compile(r"\+[1-9]\d{7,14}")
_LANDLINE: Final = re.compile(r"\+44[1-6]\d*")


def wanted_of(body: bytes) -> Wanted | Answer:
    """The JSON object of a request."""
    try:
        value = json.loads(body)
    except ValueError:
        return error(400, "Invalid JSON supplied in POST data")
    return value if isinstance(value, dict) else invalid("An object is required")


def number_of(wanted: Wanted) -> str:
    """The recipient as phones are listed: in E.164, a British number without its code understood."""
    number = re.sub(r"[\s()-]", "", str(wanted.get("phone_number") or ""))
    return "+44" + number.removeprefix("0") if number.startswith("0") else number


def problem(wanted: Wanted, *, template: str, service: str, behaviour: NotifyBehaviour) -> Answer | None:
    """The first thing wrong with it."""
    return (
        _bad_shape(wanted)
        or _bad_number(wanted)
        or _bad_text(wanted, template=template)
        or _bad_sender(wanted, service=service, behaviour=behaviour)
    )


def draft_of(wanted: Wanted, *, service: str, behaviour: NotifyBehaviour, begun: float) -> Draft:
    """The text a request without a problem asks for."""
    body = _message(wanted)
    reference = "".join(str(wanted.get("reference") or "").split())
    sender_id = str(wanted.get("sms_sender_id") or "")
    return Draft(
        provider=Provider.NOTIFY,
        account=service,
        ref=str(uuid4()),
        reference=reference or NONE,
        status="created",
        sender=behaviour.senders.get(sender_id, behaviour.from_number),
        to=number_of(wanted),
        body=body,
        segments=segments_of(body),
        begun=begun,
    )


def _bad_shape(wanted: Wanted) -> Answer | None:
    for name in ("phone_number", "template_id"):
        if name not in wanted:
            return invalid(f"{name} is a required property")
    if strange := sorted(set(wanted) - _FIELDS):
        return invalid(f"Additional properties are not allowed ({strange[0]} was unexpected)")
    for name in ("template_id", "sms_sender_id"):
        if name in wanted and not _is_uuid(wanted[name]):
            return invalid(f"{name} is not a valid UUID")
    return None


def _bad_number(wanted: Wanted) -> Answer | None:
    number = number_of(wanted)
    if not _NUMBER.fullmatch(number):
        return invalid("phone_number Number is not valid; double check the phone number you entered")
    if _LANDLINE.fullmatch(number):
        return invalid("phone_number Not a UK mobile number")
    return None


def _bad_text(wanted: Wanted, *, template: str) -> Answer | None:
    if str(UUID(str(wanted["template_id"]))) != template:
        return error(400, "Template not found")
    body = _message(wanted)
    if not body:
        return error(400, "Missing personalisation: message")
    if len(body) > MAX_BODY:
        limit = f"Text messages cannot be longer than {MAX_BODY} characters."
        return error(400, f"{limit} Your message is {len(body)} characters long")
    return None


def _bad_sender(wanted: Wanted, *, service: str, behaviour: NotifyBehaviour) -> Answer | None:
    sender = wanted.get("sms_sender_id")
    if sender is None or not behaviour.senders or sender in behaviour.senders:
        return None
    return error(400, f"sms_sender_id {sender} does not exist in database for service id {service}")


def _message(wanted: Wanted) -> str:
    personalisation = wanted.get("personalisation")
    return str(personalisation.get("message") or "") if isinstance(personalisation, dict) else ""


def _is_uuid(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
