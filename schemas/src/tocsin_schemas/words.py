"""The closed lists: states, kinds of receipt, reasons, channels, lanes (design, sections 2, 5.6 and 6)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"


class Lane(StrEnum):
    """Urgent overtakes routine at every hop."""

    URGENT = "urgent"
    ROUTINE = "routine"


class Severity(StrEnum):
    """CAP 1.2 severity."""

    EXTREME = "extreme"
    SEVERE = "severe"
    MODERATE = "moderate"
    MINOR = "minor"
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    """What a member consented to."""

    EMERGENCY = "emergency"
    SERVICE = "service"
    PUBLIC_TASK = "public_task"
    RESEARCH = "research"
    MARKETING = "marketing"


class State(StrEnum):
    """What is known of a delivery. It only climbs; see `RANK`."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    SENT = "sent"
    VOICEMAIL = "voicemail"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"


RANK: Final[Mapping[State, int]] = {
    State.PENDING: 0,
    State.UNKNOWN: 1,
    State.SENT: 2,
    State.VOICEMAIL: 3,
    State.FAILED: 4,
    State.EXPIRED: 4,
    State.CANCELLED: 4,
    State.SUPPRESSED: 4,
    State.DELIVERED: 5,
    State.ACKNOWLEDGED: 6,
}


class ReceiptKind(StrEnum):
    """What happened to a delivery."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    VOICEMAIL = "voicemail"
    REFUSED = "refused"
    """The provider certainly did not take it; it is tried again."""
    UNKNOWN = "unknown"
    """The provider may have taken it."""
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DEFERRED = "deferred"
    """Held back by quiet hours or a pause; no attempt was spent."""
    RELEASED = "released"
    """Claimed and given back untried."""
    COMPLAINED = "complained"
    """The reader called it unwanted (RFC 5965); it had arrived."""


STATE_OF: Final[Mapping[ReceiptKind, State]] = {
    ReceiptKind.ACCEPTED: State.SENT,
    ReceiptKind.DELIVERED: State.DELIVERED,
    ReceiptKind.ACKNOWLEDGED: State.ACKNOWLEDGED,
    ReceiptKind.VOICEMAIL: State.VOICEMAIL,
    ReceiptKind.REFUSED: State.PENDING,
    ReceiptKind.UNKNOWN: State.UNKNOWN,
    ReceiptKind.FAILED: State.FAILED,
    ReceiptKind.SUPPRESSED: State.SUPPRESSED,
    ReceiptKind.EXPIRED: State.EXPIRED,
    ReceiptKind.CANCELLED: State.CANCELLED,
    ReceiptKind.DEFERRED: State.PENDING,
    ReceiptKind.RELEASED: State.PENDING,
    ReceiptKind.COMPLAINED: State.SENT,
}


class ReplyKind(StrEnum):
    """What somebody who answered meant."""

    ACKNOWLEDGEMENT = "acknowledgement"
    """"1", "YES", "OK" to an alert: it was read."""
    TEXT = "text"
    """Anything else that is not a word to leave, come back or ask for help."""


class Reason(StrEnum):
    """Why: the label of metrics and the `reason` of deliveries, receipts and pauses."""

    ADDRESS_INVALID = "address_invalid"
    ADDRESS_SUPPRESSED = "address_suppressed"
    ADDRESS_UNKNOWN = "address_unknown"
    ALERT_CLOSED = "alert_closed"
    BARRED = "barred"
    BLOCKED = "blocked"
    CARRIER_FAULT = "carrier_fault"
    COMPLAINT = "complaint"
    CONFIGURATION = "configuration"
    CONNECTION_LOST = "connection_lost"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONTACT_REPLACED = "contact_replaced"
    COUNTRY_REFUSED = "country_refused"
    DOMAIN_REFUSES_MAIL = "domain_refuses_mail"
    DOMAIN_SLOW = "domain_slow"
    DOMAIN_UNREACHABLE = "domain_unreachable"
    EXPIRED = "expired"
    FRAUD_SUSPECTED = "fraud_suspected"
    GREYLISTED = "greylisted"
    HANDSET_UNREACHABLE = "handset_unreachable"
    HAND_OVER_LATE = "hand_over_late"
    HOUSEHOLD_CALLED = "household_called"
    LINE_BUSY = "line_busy"
    MAILBOX_DISABLED = "mailbox_disabled"
    MAILBOX_FULL = "mailbox_full"
    MAILBOX_UNAVAILABLE = "mailbox_unavailable"
    MESSAGE_DEFECT = "message_defect"
    MESSAGE_TOO_BIG = "message_too_big"
    NOT_FOUND = "not_found"
    NOT_MOBILE = "not_mobile"
    NO_ANSWER = "no_answer"
    OPERATOR = "operator"
    OPTED_OUT = "opted_out"
    OWNER_CHANGED = "owner_changed"
    POLICY = "policy"
    PRICE_LIMIT = "price_limit"
    PROVIDER_BUSY = "provider_busy"
    PROVIDER_SLOW = "provider_slow"
    PROVIDER_UNREACHABLE = "provider_unreachable"
    QUIET_HOURS = "quiet_hours"
    REACHED = "reached"
    RENDERING = "rendering"
    SCHEDULED = "scheduled"
    SENDER_REFUSED = "sender_refused"
    SESSION_LOST = "session_lost"
    SPAM = "spam"
    SUPERSEDED = "superseded"
    THROTTLED = "throttled"
    UNDECODABLE = "undecodable"
    UNKNOWN_CODE = "unknown_code"
    UNROUTABLE = "unroutable"
