"""Look-ups: what became of attempts whose outcome nobody knows, asked of every provider they may have gone to."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass, Settled
from tocsin_schemas.words import Reason
from tocsin_store.claim import ClaimedDelivery

_AT_ONCE: Final = 40
_MARGIN_SECONDS: Final = 0.6
"""Of the time a claim is good for, to send again what was not taken."""
_LEAST_SECONDS: Final = 0.3

_ABSENT: Final = Outcome(OutcomeClass.ABSENT, Reason.NOT_FOUND)
_NOT_TOLD: Final = Outcome(OutcomeClass.AMBIGUOUS, Reason.PROVIDER_SLOW)


_OF_TIME: Final = frozenset({7, 8})

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Asked(Protocol[T_contra]):
    """One account at one provider, as far as it can be asked."""

    async def find(self, sought: T_contra, /) -> Outcome:
        """Say what became of an earlier attempt: OK with the provider's id, ABSENT, or AMBIGUOUS: it cannot tell."""


class Lookups(Generic[T]):
    """Asks every provider, each time: only what none of them took may be sent again."""

    def __init__(
        self, providers: Sequence[Asked[T]], *, sought: Callable[[Batch, ClaimedDelivery], T | None]
    ) -> None:
        self._providers = providers
        self._sought = sought

    async def find(self, batch: Batch) -> Sequence[Settled]:
        """Look up the earlier attempts of these deliveries; one that is not answered in time cannot be told."""
        permits = asyncio.Semaphore(_AT_ONCE)
        left = max(_LEAST_SECONDS, batch.begin_by - _MARGIN_SECONDS - time.monotonic())

        async def one(number: int) -> Settled:
            try:
                async with asyncio.timeout(left), permits:
                    outcome = await self._outcome(batch, number)
            except TimeoutError:
                outcome = _NOT_TOLD
            return Settled(number, outcome)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(number)) for number in range(len(batch.deliveries))]
        return [task.result() for task in tasks]

    async def _outcome(self, batch: Batch, number: int) -> Outcome:
        sought = self._sought(batch, batch.deliveries[number])
        if sought is None:
            return _ABSENT
        outcomes = await asyncio.gather(*(provider.find(sought) for provider in self._providers))
        for of in (OutcomeClass.OK, OutcomeClass.AMBIGUOUS):
            said = next((outcome for outcome in outcomes if outcome.of is of), None)
            if said is not None:
                return said
        return outcomes[0] if len(outcomes) == 1 else _ABSENT


def made_at(delivery: UUID) -> datetime:
    """When its alert was made, which its id says; an age ago where it does not."""
    if delivery.version not in _OF_TIME:
        return datetime.fromtimestamp(0, UTC)
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=delivery.int >> 80)
