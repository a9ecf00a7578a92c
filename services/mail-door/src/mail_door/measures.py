"""What the mail door counts. No label holds an address, nor anything else that a stranger chose."""

from enum import StrEnum
from typing import Final

from prometheus_client import Counter, Gauge

BOUNCES: Final = Counter(
    "tocsin_bounces_total", "Messages taken at signed return paths, by what they mean.", ["kind", "reason"]
)
UNMATCHED: Final = Counter(
    "tocsin_bounces_unmatched_total", "Facts about deliveries the ledger does not know."
)
REFUSED: Final = Counter(
    "tocsin_mail_refused_total", "Recipients, messages and connections refused.", ["why"]
)
CONNECTIONS: Final = Gauge("tocsin_mail_connections", "Open connections.")


class Refusal(StrEnum):
    """Why something was refused: a closed list."""

    OTHER_DOMAIN = "other_domain"
    UNSIGNED = "unsigned"
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    TOO_BIG = "too_big"
    BUSY = "busy"
    CONNECTIONS = "connections"
    DATABASE = "database"
    FAULT = "fault"
    """A bug of ours, or a command the parser choked on; the sender tries again."""
