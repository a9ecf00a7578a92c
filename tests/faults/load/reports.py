"""What other mail systems write back about a message, and what must come of it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from tocsin_sandbox.bounces.reports import report
from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.smtp.rules import BounceStyle
from tocsin_schemas.words import ReceiptKind

_RETURNED: Final = b"Subject: Flood\r\n\r\n"
_COPIES: Final = 50
_OFTEN_SHARE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Told:
    """A kind of report. `kind` and `status` are those of the receipt that must come of it; None: none may."""

    code: str
    kind: ReceiptKind | None
    status: str
    style: BounceStyle = BounceStyle.DSN
    replaced: tuple[str, str] = ("", "")
    """What is written otherwise than the sandbox writes it."""

    def written(self, *, sender: str, recipient: str) -> bytes:
        """As it comes over the wire."""
        received = Received(sender.encode(), (recipient.encode(),), _RETURNED, begun=time.time())
        text = report(received, recipient=recipient.encode(), style=self.style, status=self.code)
        before, after = self.replaced
        return text.replace(before.encode(), after.encode()) if before else text


_GONE: Final = Told("5.1.1", ReceiptKind.FAILED, "dsn 5.1.1")
_READ: Final = Told("2.0.0", ReceiptKind.DELIVERED, "dsn 2.0.0")
KINDS: Final = {
    _GONE: 40,
    Told("5.2.2", ReceiptKind.FAILED, "dsn 5.2.2"): 15,
    Told("4.2.2", ReceiptKind.FAILED, "dsn 4.2.2"): 10,
    Told("4.4.1", None, "dsn 4.4.1", replaced=("Action: failed", "Action: delayed")): 10,
    _READ: 20,
    Told("5.1.10", ReceiptKind.FAILED, "dsn 5.1.10", replaced=("smtp; 550", "smtp; 556")): 2,
    Told("5.1.1", ReceiptKind.COMPLAINED, "arf abuse", BounceStyle.COMPLAINT): 3,
}
"""With their weights. A delay is no fact yet; 5.1.10 says that a domain takes no mail at all (RFC 7505 section 4)."""


def drawn_reports(*, random: Random) -> Iterator[Told]:
    """What comes back of one message: mostly one report; now and then many, that contradict each other, in disorder."""
    if random.random() >= _OFTEN_SHARE:
        yield from random.choices([*KINDS], [*KINDS.values()])
        return
    yield from random.choices((_GONE, _READ), (9, 1), k=_COPIES)
