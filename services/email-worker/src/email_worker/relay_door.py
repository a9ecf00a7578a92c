"""The way into one relay, for all its pools: openings, probes, and how long it wants to be left alone."""

import time
from datetime import timedelta
from typing import Final

from email_worker.relay import Relay
from email_worker.smtp_connection import SmtpConnection
from email_worker.smtp_opening import OpeningError, connect
from tocsin_runtime.delivery.channel import Outcome

_FIRST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 60.0


class BackOff:
    """Doubles from one second to a minute, until something goes well. Many refusals at once count once."""

    def __init__(self) -> None:
        self._strikes = 0
        self._until = float("-inf")

    def next(self, now: float) -> timedelta:
        """How long to leave it alone, from `now` in monotonic seconds."""
        if now >= self._until:
            seconds = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2**self._strikes)
            self._strikes = min(self._strikes + 1, 10)
            self._until = now + seconds
        return timedelta(seconds=self._until - now)

    def reset(self) -> None:
        """It went well."""
        self._strikes = 0


class Door:
    """One relay, as this process finds it."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._back_off = BackOff()
        self._turned_away = False
        self._closed_until = float("-inf")

    async def open(self) -> SmtpConnection:
        """Open a connection.

        Raises:
            OpeningError: With the pause it means; `Outcome.lasts` says how long to leave the relay alone, if at all.
        """
        try:
            return await connect(self.relay)
        except OpeningError as error:
            self._closed_until = time.monotonic() + self.rest_after(error.outcome).total_seconds()
            raise

    async def probe(self) -> bool:
        """Whether the relay lets us in; not asked again, and no, while it is left alone."""
        if time.monotonic() < self._closed_until:
            return False
        try:
            connection = await self.open()
        except OpeningError:
            return False
        connection.close()
        return True

    def rest_after(self, trouble: Outcome) -> timedelta:
        """How long to leave it alone: as the answer says; where nothing answered, it is asked each second."""
        if trouble.lasts is not None:
            return trouble.lasts
        if trouble.provider_status is None:
            return timedelta(0)
        return self._back_off.next(time.monotonic())

    def turned_away(self) -> timedelta | None:
        """A connection was closed with 421, or talked nonsense.

        Returns:
            How long to leave the relay alone; None for the first since a message was taken: connections do end.
        """
        if not self._turned_away:
            self._turned_away = True
            return None
        return self._back_off.next(time.monotonic())

    def went_well(self) -> None:
        """It has taken a message."""
        self._turned_away = False
        self._back_off.reset()
