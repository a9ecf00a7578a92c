"""Delivery status notifications (RFC 3464, and RFC 6533 for addresses that are not ASCII)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from email import message_from_string
from typing import Final

from mail_door.failure_reasons import failure_reason
from mail_door.meanings import Kind, Meaning
from mail_door.parts import Mail, field, inner_parts, own_parts
from tocsin_schemas.words import Reason

_ACTIONS: Final[Mapping[str, Kind]] = {  # RFC 3464 section 2.3.3
    "delivered": Kind.DELIVERED,
    "relayed": Kind.ACCEPTED,
    "expanded": Kind.ACCEPTED,
    "delayed": Kind.DELAYED,
    "failed": Kind.FAILED,
}
_STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_REPLY: Final = re.compile(r"smtp *; *(\d{3})(?!\d)")
_SAYS_LITTLE: Final = re.compile(r"\d\.[05]\.0")
_TYPES: Final = ("message/delivery-status", "message/global-delivery-status")


def delivery_report(mail: Mail) -> Meaning | None:
    """Say what a notification means for the one recipient we had; None where there is none in it.

    Where an address was expanded the notification may speak of several: the best of them is what we know, for one
    reached is reached.
    """
    blocks = [block for part in own_parts(mail) for block in _blocks(part)]
    actions = {action for block in blocks if (action := _ACTIONS.get(_action(block)))}
    for kind in dict.fromkeys(_ACTIONS.values()):  # best first
        if kind in actions:
            return _meaning(kind, [block for block in blocks if _ACTIONS.get(_action(block)) is kind])
    return None


def _blocks(part: Mail) -> Iterator[Mail]:
    """The groups of fields of a notification: one about the message, one for each recipient."""
    if part.get_content_type() not in _TYPES:
        return
    for block in inner_parts(part):
        yield block
        rest = block.get_payload()
        if isinstance(rest, str):  # RFC 6533's type is read as one message: its later groups are a body
            yield from map(message_from_string, re.split(r"\r?\n\r?\n", rest))


def _action(block: Mail) -> str:
    return re.split(r"[^a-z]", field(block, "action"), maxsplit=1)[0]


def _meaning(kind: Kind, blocks: Sequence[Mail]) -> Meaning:
    found = [pair for block in blocks if (pair := _status(block))]
    if not found:
        return Meaning(kind, Reason.MAILBOX_UNAVAILABLE if kind is Kind.FAILED else None, "dsn")
    status, code = next((pair for pair in found if pair[0].startswith("5")), found[0])
    reason = failure_reason(status, code=code) if kind is Kind.FAILED else None
    return Meaning(kind, reason, f"dsn {status}")


def _status(block: Mail) -> tuple[str, str | None] | None:
    """Status and SMTP reply code. Where Status says little, what the other server said is taken at its word."""
    said = field(block, "diagnostic-code")
    reply = _REPLY.match(said)
    own, quoted = _STATUS.search(field(block, "status")), _STATUS.search(said)
    status = own[1] if own else None
    if quoted and (status is None or (_SAYS_LITTLE.fullmatch(status) and quoted[1][0] == status[0])):
        status = quoted[1]
    return (status, reply[1] if reply else None) if status else None
