"""Sends bounces to whoever takes them; while nobody does, they wait."""

import asyncio
import logging
import smtplib
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

log = logging.getLogger(__name__)

_AGAIN_S: Final = 0.5
_TIMEOUT_S: Final = 15.0
_NAME: Final = "sandbox.invalid"
_PERMANENT: Final = 500


@dataclass(frozen=True, slots=True)
class Bounce:
    """One message on its way back, from nobody to the sender of what bounced."""

    to: str
    content: bytes


@dataclass(slots=True)
class BounceCounts:
    """How many so far, and how many are still to be sent."""

    sent: int = 0
    refused: int = 0
    waiting: int = 0


class _Outcome(Enum):
    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    NOBODY = "nobody"


class Bouncer:
    """Sends one after the other; what waits when it stops is lost."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._due: asyncio.Queue[Bounce] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.counts = BounceCounts()

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Send no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def send(self, bounce: Bounce, *, after_s: float) -> None:
        """Send it, not before so many seconds have gone by."""
        self.counts.waiting += 1
        self._later(bounce, after_s)

    def _later(self, bounce: Bounce, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._due.put_nowait, bounce)

    async def _run(self) -> None:
        while True:
            bounce = await self._due.get()
            while (outcome := await asyncio.to_thread(self._handed_over, bounce)) is _Outcome.NOBODY:
                await asyncio.sleep(_AGAIN_S)
            self._count(bounce, outcome)

    def _count(self, bounce: Bounce, outcome: _Outcome) -> None:
        if outcome is _Outcome.LATER:
            self._later(bounce, _AGAIN_S)
            return
        self.counts.waiting -= 1
        if outcome is _Outcome.SENT:
            self.counts.sent += 1
        else:
            self.counts.refused += 1

    def _handed_over(self, bounce: Bounce) -> _Outcome:
        try:
            with smtplib.SMTP(self._host, self._port, local_hostname=_NAME, timeout=_TIMEOUT_S) as smtp:
                smtp.sendmail("", [bounce.to], bounce.content)
        except smtplib.SMTPRecipientsRefused as error:
            return _outcome_of(min(code for code, _ in error.recipients.values()))
        except smtplib.SMTPResponseException as error:
            return _outcome_of(error.smtp_code)
        except OSError:  # smtplib's own for a lost connection is one, too
            return _Outcome.NOBODY
        return _Outcome.SENT


def _outcome_of(code: int) -> _Outcome:
    return _Outcome.REFUSED if code >= _PERMANENT else _Outcome.LATER
