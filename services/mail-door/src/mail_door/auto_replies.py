"""Automatic replies (RFC 3834): vacation notices, receipts of reading. They say nothing about the delivery."""

import re
from typing import Final

from mail_door.parts import Mail, field, own_parts

_MAIL_SYSTEM: Final = re.compile(r"mailer-?daemon|postmaster|mail delivery (sub)?system")
_MARKS: Final = ("x-autoreply", "x-autorespond", "x-autoresponder")


def is_auto_reply(mail: Mail) -> bool:
    """Whether a program of the reader wrote it, not a mail system: bounces, too, are `auto-replied`."""
    if field(mail, "x-failed-recipients") or _MAIL_SYSTEM.search(field(mail, "from")):
        return False
    if any(field(mail, mark) for mark in _MARKS) or field(mail, "precedence") == "auto_reply":
        return True
    return field(mail, "auto-submitted").startswith("auto-") or _is_receipt_of_reading(mail)


def _is_receipt_of_reading(mail: Mail) -> bool:
    return any(part.get_content_type() == "message/disposition-notification" for part in own_parts(mail))
