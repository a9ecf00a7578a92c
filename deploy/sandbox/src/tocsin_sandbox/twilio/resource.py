"""A text as Twilio's API shows it."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from tocsin_sandbox.phones.text import Text
from tocsin_sandbox.twilio.behaviour import TwilioBehaviour
from tocsin_sandbox.twilio.errors import FAILURES

VERSION: Final = "2010-04-01"

_UNSENT: Final = frozenset({"queued", "accepted", "failed", "canceled"})


def resource(text: Text, behaviour: TwilioBehaviour) -> dict[str, object]:
    """The Message resource. A messaging service names sender and segments only once it has sent."""
    draft = text.draft
    uri = f"/{VERSION}/Accounts/{draft.account}/Messages/{text.ref}"
    undecided = text.status == "accepted"
    sent = sent_at(text)
    return {
        "account_sid": draft.account,
        "api_version": VERSION,
        "body": text.body,
        "date_created": rfc2822(text.taken_at),
        "date_sent": None if sent is None else rfc2822(sent),
        "date_updated": rfc2822(text.updated_at),
        "direction": "inbound" if text.inbound else "outbound-api",
        "error_code": text.code,
        "error_message": None if text.code is None else FAILURES.get(text.code),
        "from": None if undecided else draft.sender,
        "messaging_service_sid": draft.service or None,
        "num_media": "0",
        "num_segments": "0" if undecided else str(draft.segments),
        "price": None if text.inbound or sent is None else f"-{behaviour.price * draft.segments:.5f}",
        "price_unit": behaviour.price_unit,
        "sid": text.ref,
        "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": draft.to,
        "uri": f"{uri}.json",
    }


def account_resource(account: str) -> dict[str, object]:
    """The Account resource, as much of it as a probe reads."""
    return {
        "sid": account,
        "friendly_name": "Sandbox",
        "status": "active",
        "type": "Full",
        "owner_account_sid": account,
        "uri": f"/{VERSION}/Accounts/{account}.json",
        "subresource_uris": {"messages": f"/{VERSION}/Accounts/{account}/Messages.json"},
    }


def sent_at(text: Text) -> float | None:
    """When it was sent, or last moved on; None before."""
    return None if text.status in _UNSENT else text.updated_at


def rfc2822(time: float) -> str:
    """A unix time as Twilio writes it."""
    return format_datetime(datetime.fromtimestamp(int(time), UTC))
