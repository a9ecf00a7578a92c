"""A text as Notify's API shows it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from tocsin_sandbox.phones.text import NONE, Text

RATE: Final = Decimal("0.0227")

_ENDS: Final = frozenset({"delivered", "permanent-failure", "temporary-failure", "technical-failure"})


def created(text: Text, *, base: str, template: str) -> dict[str, object]:
    """The answer to the request that made it."""
    draft = text.draft
    return {
        "id": text.ref,
        "reference": reference_of(text),
        "content": {"body": draft.body, "from_number": draft.sender},
        "uri": f"{base}/v2/notifications/{text.ref}",
        "template": _template(text, base=base, template=template),
        "scheduled_for": None,
    }


def notification(text: Text, *, base: str, template: str) -> dict[str, object]:
    """The notification."""
    ready = text.final or text.status in _ENDS
    return {
        "id": text.ref,
        "reference": reference_of(text),
        "email_address": None,
        "phone_number": text.draft.to,
        **{f"line_{number}": None for number in range(1, 7)},
        "postcode": None,
        "type": "sms",
        "status": text.status,
        "template": _template(text, base=base, template=template),
        "body": text.body,
        "subject": None,
        "created_at": stamp(text.taken_at),
        "created_by_name": None,
        "sent_at": None if text.status == "created" else stamp(text.updated_at),
        "completed_at": stamp(text.updated_at) if ready else None,
        "scheduled_for": None,
        "postage": None,
        "is_cost_data_ready": ready,
        "cost_in_pounds": float(RATE * text.draft.segments) if ready else None,
        "cost_details": {
            "billable_sms_fragments": text.draft.segments,
            "international_rate_multiplier": 1.0,
            "sms_rate": float(RATE),
        }
        if ready
        else {},
    }


def reference_of(text: Text) -> str | None:
    """The client's own reference."""
    return None if text.draft.reference == NONE else text.draft.reference


def stamp(time: float) -> str:
    """A moment as Notify writes it."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _template(text: Text, *, base: str, template: str) -> dict[str, object]:
    uri = f"{base}/services/{text.draft.account}/templates/{template}"
    return {"id": template, "version": 1, "uri": uri}
