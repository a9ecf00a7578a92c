"""Feedback reports (ARF, RFC 5965): a reader called the message unwanted."""

from typing import Final

from mail_door.meanings import Kind, Meaning
from mail_door.parts import Mail, field, inner_parts, own_parts
from tocsin_schemas.words import Reason

_COMPLAINT: Final = Meaning(Kind.COMPLAINED, Reason.COMPLAINT, "arf abuse")


def complaint(mail: Mail) -> Meaning | None:
    """Say what a feedback report means; None where there is none in it.

    Only `abuse` is a reader's own complaint (section 7.3); `not-spam`, `virus` and the others are about something else.
    """
    for part in own_parts(mail):
        if part.get_content_type() == "message/feedback-report":
            kinds = {field(group, "feedback-type") for group in inner_parts(part)}
            return _COMPLAINT if "abuse" in kinds else Meaning(Kind.OTHER_REPORT)
    return None
