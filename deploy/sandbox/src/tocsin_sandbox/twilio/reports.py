"""What Twilio tells its clients: the statuses of their texts, and texts that phones sent. Signed."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

from tocsin_sandbox.phones.callbacks import Post
from tocsin_sandbox.phones.rules import Phase, RuleBook
from tocsin_sandbox.phones.text import Text
from tocsin_sandbox.twilio.behaviour import TwilioBehaviour
from tocsin_sandbox.twilio.resource import VERSION
from tocsin_sandbox.twilio.signature import signature

_IDEMPOTENCY: Final = "I-Twilio-Idempotency-Token"


def status_post(text: Text, *, token: str, behaviour: TwilioBehaviour, rules: RuleBook) -> Post:
    """The report of the status it has now."""
    fields = _common(text) | {"SmsStatus": text.status, "MessageStatus": text.status}
    if text.code is not None:
        fields["ErrorCode"] = str(text.code)
    return Post(
        url=text.draft.callback,
        body=urlencode(fields).encode(),
        headers=signed_headers(text.draft.callback, fields, token=token, key=f"{text.ref} {text.status}"),
        phase=Phase.CALLBACK,
        rules=rules,
        number=text.phone,
        ref=text.ref,
        status=text.status,
        last=text.final,
        retries=behaviour.callback_retries,
        retry_s=behaviour.callback_retry_s,
    )


def inbound_post(text: Text, url: str, *, token: str, behaviour: TwilioBehaviour, rules: RuleBook) -> Post:
    """The text of a phone, for the client's own webhook."""
    fields = _common(text) | {
        "SmsMessageSid": text.ref,
        "SmsStatus": "received",
        "Body": text.body,
        "NumMedia": "0",
        "NumSegments": str(text.draft.segments),
        "FromCountry": "GB",
        "ToCountry": "GB",
    }
    return Post(
        url=url,
        body=urlencode(fields).encode(),
        headers=signed_headers(url, fields, token=token, key=text.ref),
        phase=Phase.INBOUND,
        rules=rules,
        number=text.phone,
        ref=text.ref,
        status=text.status,
        last=True,
        retries=behaviour.inbound_retries,
        retry_s=behaviour.callback_retry_s,
    )


def _common(text: Text) -> dict[str, str]:
    draft = text.draft
    fields = {
        "MessageSid": text.ref,
        "SmsSid": text.ref,
        "AccountSid": draft.account,
        "From": draft.sender,
        "To": draft.to,
        "ApiVersion": VERSION,
    }
    return fields | ({"MessagingServiceSid": draft.service} if draft.service else {})


def signed_headers(url: str, fields: Mapping[str, str], *, token: str, key: str) -> dict[str, str]:
    """Those of a form; all copies and retries of one post carry the same idempotency token."""
    return {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": signature(url, fields, token=token),
        _IDEMPOTENCY: str(uuid5(NAMESPACE_URL, key)),
    }
