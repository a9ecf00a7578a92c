"""Understands a message somebody sent to a return path; whatever it is, it is understood or counted, never an error."""

from email import message_from_bytes
from typing import Final

import structlog
from flufl.bounce import all_failures

from mail_door.auto_replies import is_auto_reply
from mail_door.complaints import complaint
from mail_door.delivery_status import delivery_report
from mail_door.meanings import Kind, Meaning
from mail_door.parts import Mail
from tocsin_schemas.words import Reason

log = structlog.get_logger()

READ_BYTES: Final = 128 * 1024
"""A report stands before the message it returns: what comes later is not read, which bounds the work."""

READ_LINES: Final = 4_000

_HEURISTICS_BYTES: Final = 32 * 1024
_MOST_COMPOSED: Final = 32
_NOT_UNDERSTOOD: Final = Meaning(Kind.NOT_UNDERSTOOD)
_FAILED: Final = Meaning(Kind.FAILED, Reason.MAILBOX_UNAVAILABLE, "bounce")


def meaning_of(content: bytes) -> Meaning:
    """Say what a message means. Takes milliseconds for a report, under a second for the worst a stranger can write."""
    content = b"".join(content[:READ_BYTES].splitlines(keepends=True)[:READ_LINES])
    if _composed(content) > _MOST_COMPOSED:
        return _NOT_UNDERSTOOD
    try:
        return _read(content)
    except Exception as error:  # noqa: BLE001 - parsers of strangers' bytes raise anything; all of it means the same
        log.info("mail_not_understood", error=type(error).__name__)
        return _NOT_UNDERSTOOD


def _composed(content: bytes) -> int:
    """How many parts at most have parts of their own: each such level costs the parser time for every line below."""
    lowered = content.lower()
    return lowered.count(b"multipart/") + lowered.count(b"message/")


def _read(content: bytes) -> Meaning:
    mail = message_from_bytes(content)
    found = complaint(mail) or delivery_report(mail)
    if found is not None:
        return found
    if is_auto_reply(mail):
        return Meaning(Kind.AUTO_REPLY)
    return _guessed(message_from_bytes(content[:_HEURISTICS_BYTES]))


def _guessed(mail: Mail) -> Meaning:
    """Bounces older than the standard, by what they look like."""
    temporary, permanent = all_failures(mail)
    if permanent:
        return _FAILED
    return Meaning(Kind.DELAYED) if temporary else _NOT_UNDERSTOOD
