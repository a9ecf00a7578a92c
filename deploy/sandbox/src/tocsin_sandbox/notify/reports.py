"""What Notify tells its clients: what became of their texts, and texts that phones sent. With a bearer token."""

import json

from tocsin_sandbox.notify.behaviour import NotifyBehaviour
from tocsin_sandbox.notify.resource import reference_of, stamp
from tocsin_sandbox.phones.callbacks import Post
from tocsin_sandbox.phones.rules import Phase, RuleBook
from tocsin_sandbox.phones.text import Text


def receipt_post(text: Text, url: str, *, template: str, behaviour: NotifyBehaviour, rules: RuleBook) -> Post:
    """The delivery receipt of a text that has its end."""
    value = {
        "id": text.ref,
        "reference": reference_of(text),
        "to": text.draft.to,
        "status": text.status,
        "created_at": stamp(text.taken_at),
        "completed_at": stamp(text.updated_at),
        "sent_at": stamp(text.updated_at),
        "notification_type": "sms",
        "template_id": template,
        "template_version": 1,
    }
    retries = behaviour.callback_retries
    return _post(text, url, value, phase=Phase.CALLBACK, retries=retries, behaviour=behaviour, rules=rules)


def inbound_post(text: Text, url: str, *, behaviour: NotifyBehaviour, rules: RuleBook) -> Post:
    """The text of a phone. Numbers come without their plus."""
    value = {
        "id": text.ref,
        "source_number": text.draft.sender.removeprefix("+"),
        "destination_number": text.draft.to.removeprefix("+"),
        "message": text.body,
        "date_received": stamp(text.taken_at),
        "service_id": text.draft.account,
    }
    retries = behaviour.inbound_retries
    return _post(text, url, value, phase=Phase.INBOUND, retries=retries, behaviour=behaviour, rules=rules)


def _post(
    text: Text,
    url: str,
    value: object,
    *,
    phase: Phase,
    retries: int,
    behaviour: NotifyBehaviour,
    rules: RuleBook,
) -> Post:
    token = behaviour.callback_token
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token.get_secret_value()}"
    return Post(
        url=url,
        body=json.dumps(value).encode(),
        headers=headers,
        phase=phase,
        rules=rules,
        number=text.phone,
        ref=text.ref,
        status=text.status,
        last=True,
        retries=retries,
        retry_s=behaviour.callback_retry_s,
    )
