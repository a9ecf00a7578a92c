"""Why a report of failure says so: status and SMTP code, a table with its sources; the first match wins."""

import re
from dataclasses import dataclass
from typing import Final

from tocsin_runtime.unknown_codes import UNKNOWN_CODES
from tocsin_schemas.words import Reason

_RFC3463: Final = "RFC 3463 section 3"
_IANA: Final = "IANA SMTP Enhanced Status Codes registry"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `status` is a regular expression for the whole enhanced status code, `code` for the SMTP reply the report quotes;
    None: any reply, or none.
    """

    status: str
    reason: Reason
    source: str
    code: str | None = None


_MICROSOFT: Final = "Microsoft Exchange: Email non-delivery reports in Exchange Online"

TABLE: Final = (
    Row(r"5\.1\.[136]", Reason.ADDRESS_UNKNOWN, "RFC 3463 section 3.2"),
    Row(r"5\.1\.10", Reason.ADDRESS_UNKNOWN, f"{_MICROSOFT}: recipient not found", code="550"),
    Row(r"5\.1\.10", Reason.DOMAIN_REFUSES_MAIL, "RFC 7505 section 4"),
    Row(r"5\.1\.2|5\.4\.4", Reason.DOMAIN_UNREACHABLE, _RFC3463),
    Row(r"5\.1\.[78]", Reason.SENDER_REFUSED, "RFC 3463 section 3.2"),
    Row(r"5\.1\.\d+", Reason.MAILBOX_UNAVAILABLE, "RFC 3463 section 3.2"),
    Row(r"5\.2\.1", Reason.MAILBOX_DISABLED, "RFC 3463 section 3.3"),
    Row(r"[45]\.2\.2", Reason.MAILBOX_FULL, "RFC 3463 section 3.3"),
    Row(r"5\.2\.3|5\.3\.4", Reason.MESSAGE_TOO_BIG, _RFC3463),
    Row(r"5\.2\.\d+", Reason.MAILBOX_UNAVAILABLE, "RFC 3463 section 3.3"),
    Row(r"5\.4\.1", Reason.MAILBOX_UNAVAILABLE, f"{_MICROSOFT}: recipient rejected", code="550"),
    Row(r"5\.(4\.\d+|3\.2)", Reason.DOMAIN_UNREACHABLE, "RFC 3463 sections 3.4, 3.5"),
    Row(r"5\.5\.\d+", Reason.MESSAGE_DEFECT, "RFC 3463 section 3.6"),
    Row(r"5\.6\.7", Reason.ADDRESS_INVALID, "RFC 6531 section 3.5"),
    Row(r"5\.6\.\d+", Reason.SPAM, "RFC 3463 section 3.7: refused for its content"),
    Row(r"5\.7\.1[78]", Reason.OWNER_CHANGED, "RFC 7293 section 5"),
    Row(r"5\.7\.(2\d|30)", Reason.CONFIGURATION, f"{_IANA}: DKIM, SPF, reverse DNS, TLS"),
    Row(r"5\.7\.\d+", Reason.POLICY, "RFC 3463 section 3.8"),
    Row(r"5\.0\.0", Reason.MAILBOX_UNAVAILABLE, "RFC 3463 section 3.1: permanent, and nothing more"),
    Row(r"4\.4\.\d+", Reason.DOMAIN_UNREACHABLE, "RFC 3463 section 3.5: they gave up"),
    Row(r"4\.\d+\.\d+", Reason.PROVIDER_BUSY, "RFC 3463 section 2: they gave up"),
)


def failure_reason(status: str, *, code: str | None) -> Reason:
    """Say why it failed; what no row names is counted under its class and subject.

    Args:
        status: An enhanced status code (RFC 3463).
        code: The SMTP reply code the report quotes beside it, if it does.
    """
    row = row_for(status, code=code)
    if row is not None:
        return row.reason
    UNKNOWN_CODES.labels("email", "bounce", _subject_of(status)).inc()
    return Reason.UNKNOWN_CODE


def row_for(status: str, *, code: str | None) -> Row | None:
    """The first row that names this status."""
    return next((row for row in TABLE if _matches(row, status, code=code)), None)


def _matches(row: Row, status: str, *, code: str | None) -> bool:
    if not re.fullmatch(row.status, status):
        return False
    return row.code is None or row.code == code


def _subject_of(status: str) -> str:
    """Class and subject, a label of which there are few whatever strangers write."""
    found = re.fullmatch(r"(\d\.\d)\.\d+", status)
    return found[1] if found else "other"
