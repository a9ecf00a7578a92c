"""Email: the relay takes messages, other mail systems report on them at the mail door, once or too often."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

import aiosmtplib

from tests.faults.history import Accept, Callback
from tests.faults.load.means import Means, Profile
from tests.faults.load.telling import heard, lines_of
from tests.faults.outside import Ledger, Outside, Provider
from tocsin_local.layout import Layout
from tocsin_local.services import BOUNCES, SANDBOX_SMTP
from tocsin_sandbox.bounces.reports import report
from tocsin_sandbox.mailbox.accept_log import FILE_NAME
from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.smtp.rules import BounceStyle
from tocsin_schemas.words import Channel, ReceiptKind
from tocsin_store.pool import Connection

_MARK: Final = "numbat-"
_RELAY: Final = Provider("smtp", port=SANDBOX_SMTP)
_SOON_S: Final = (0.0, 3.0)
_TIMEOUT_S: Final = 8.0
_AT_A_TIME: Final = 4
_RETURNED: Final = b"Subject: Flood\r\n\r\n"
_COPIES: Final = 50
_OFTEN_SHARE: Final = 0.01
_SENDER, _RECIPIENTS, _BEGUN = 2, 3, 6  # fields of a line, see `tocsin_sandbox.mailbox.accept_log`


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
REPORTS: Final = {
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
        yield from random.choices([*REPORTS], [*REPORTS.values()])
        return
    yield from random.choices((_GONE, _READ), (9, 1), k=_COPIES)


async def _enrol(_connection: Connection, _agency: UUID, _profile: Profile) -> None:
    """Every agency has a sender of its own."""


def _address(bits: int, domain: str) -> str:
    return f"{_MARK}{bits:016x}@{domain}"


def _settings(_layout: Layout, ports: Mapping[str, int]) -> Mapping[str, str]:
    """Few seconds, so that a stall of seconds is one."""
    return {
        "TOCSIN_SMTP_PORT": str(ports[_RELAY.name]),
        "TOCSIN_SMTP_TIMEOUT": "PT6S",
        "TOCSIN_SMTP_ENVELOPE_TIMEOUT": "PT4S",
    }


def _ledger(layout: Layout) -> Path:
    return layout.sandbox / FILE_NAME


def _accepts(line: bytes) -> Iterator[Accept]:
    """One for each recipient, none in a heading; the Message-ID names the delivery."""
    fields = line.decode("ascii").split("\t")
    if fields[0] == "#":
        return
    at, message_id = float(fields[0]), fields[1]
    begun = float(fields[_BEGUN]) if len(fields) > _BEGUN else at
    delivery = UUID(message_id.strip("<>").partition("@")[0])
    for recipient in fields[_RECIPIENTS].split(","):
        yield Accept(at, begun, delivery, recipient, Channel.EMAIL, _RELAY.name)


async def _bounce(means: Means) -> None:
    """Follow what the relay accepts, and report on a share of it."""
    random = means.random("bouncers")
    desk = _Desk(means, means.scene.stack.base_port + BOUNCES)
    async with asyncio.TaskGroup() as reports:
        async for line in lines_of(means, _ledger(means.scene.stack.layout)):
            for accept in _accepts(line):
                sender = line.decode("ascii").split("\t")[_SENDER]
                if random.random() < means.profile.bounces:
                    for told in drawn_reports(random=random):
                        after = random.uniform(*_SOON_S)
                        reports.create_task(desk.report(accept, told, sender=sender, after=after))


class _Desk:
    """Some connections at a time to the mail door."""

    def __init__(self, means: Means, port: int) -> None:
        self._means = means
        self._port = port
        self._slots = asyncio.Semaphore(_AT_A_TIME)

    async def report(self, accept: Accept, told: Told, *, sender: str, after: float) -> None:
        """Send it to the sender of the message until it is acknowledged, then write it down."""
        content = told.written(sender=sender, recipient=accept.recipient)
        acknowledged = await heard(self._means, partial(self._sent, content, to=sender), after=after)
        if acknowledged and told.kind is not None:
            await self._means.ledgers.keep(Callback(time.time(), accept.delivery, told.kind, told.status))

    async def _sent(self, content: bytes, *, to: str) -> bool:
        async with self._slots:
            try:
                async with (
                    asyncio.timeout(_TIMEOUT_S),
                    aiosmtplib.SMTP(hostname="127.0.0.1", port=self._port, start_tls=False) as smtp,
                ):
                    await smtp.sendmail("", [to], content)
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                return False
        return True


OUTSIDE: Final = Outside(
    channel=Channel.EMAIL,
    marks=(_MARK,),
    enrol=_enrol,
    address=_address,
    providers=(_RELAY,),
    settings=_settings,
    ledger=Ledger(where=_ledger, copy="accept.log", accepts=_accepts),
    call_back=_bounce,
)
