"""A pool of kept-open connections to one relay. Each takes the next message of whatever batch is waiting."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from email_worker.settings import EmailSettings
from email_worker.smtp_connection import Envelope, SmtpConnection
from email_worker.smtp_opening import OpeningError, connect
from tocsin_runtime.delivery.channel import Gate, Outcome

log = structlog.get_logger()

EnvelopeOf = Callable[[int, bool], Envelope | Outcome]
"""The nth message of a batch, for a relay with or without 8BITMIME; or why there is none."""


class Job:
    """A batch on its way: connections take its messages one after the other."""

    def __init__(self, size: int, envelope_of: EnvelopeOf, *, gate: Gate, begin_by: float) -> None:
        self.envelope_of = envelope_of
        self.gate = gate
        self.begin_by = begin_by
        self.outcomes: list[Outcome | None] = [None] * size
        self.done = asyncio.Event()
        self._next = 0
        self._settled = 0

    @property
    def exhausted(self) -> bool:
        """Whether every message has been taken."""
        return self._next >= len(self.outcomes)

    def take(self) -> int:
        """Take the next message."""
        self._next += 1
        return self._next - 1

    def settle(self, number: int, outcome: Outcome) -> None:
        """Note what became of a message."""
        self.outcomes[number] = outcome
        self._settled += 1
        if self._settled == len(self.outcomes):
            self.done.set()

    def abandon(self, outcome: Outcome) -> None:
        """Settle every message that nobody has taken."""
        while not self.exhausted:
            self.settle(self.take(), outcome)


class SmtpPool:
    """Connections of one lane. Run it; `send` from any task."""

    def __init__(self, settings: EmailSettings, *, size: int) -> None:
        self._settings = settings
        self._size = size
        self._jobs: deque[Job] = deque()
        self._work = asyncio.Condition()

    async def send(self, job: Job) -> Sequence[Outcome]:
        """Hand a batch over; returns when each of its messages has an outcome."""
        async with self._work:
            self._jobs.append(job)
            self._work.notify_all()
        await job.done.wait()
        return [outcome for outcome in job.outcomes if outcome is not None]

    async def run(self) -> None:
        """Keep the connections at work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._size):
                group.create_task(self._keep_one())

    async def _keep_one(self) -> None:
        connection: SmtpConnection | None = None
        try:
            while True:
                job = await self._job()
                while not job.exhausted:
                    connection = await self._hand_over_next(job, connection)
        finally:
            if connection is not None:
                connection.close()

    async def _job(self) -> Job:
        async with self._work:
            while True:
                while self._jobs and self._jobs[0].exhausted:
                    self._jobs.popleft()
                if self._jobs:
                    return self._jobs[0]
                await self._work.wait()

    async def _hand_over_next(self, job: Job, connection: SmtpConnection | None) -> SmtpConnection | None:
        number = job.take()
        while True:
            if connection is None or not connection.open:
                try:
                    connection = await connect(self._settings)
                except OpeningError as error:
                    log.warning(
                        "relay_not_reached", reason=error.outcome.reason, status=error.outcome.provider_status
                    )
                    job.settle(number, error.outcome)
                    job.abandon(error.outcome)
                    return None
            envelope = job.envelope_of(number, connection.eight_bit)
            outcome = (
                envelope
                if isinstance(envelope, Outcome)
                else await connection.hand_over(envelope, gate=job.gate, begin_by=job.begin_by)
            )
            if outcome is not None:
                job.settle(number, outcome)
                return connection
            connection.close()  # it had gone stale: the same message, on a new one
