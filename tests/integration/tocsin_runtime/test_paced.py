"""Paced lanes: no second sees more than a sender's limit, who expires first goes first, and nobody waits for others."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.crew import LATE
from tests.support.eventually import eventually
from tests.support.text_crew import StubTexts, taken, text_crew
from tests.support.texts import a_texting_agency, texting
from tests.support.world import Post, Situation, emptied, states_of
from tocsin_runtime.delivery.channel import Batch, Gate, Holds, RouteWatch, Settled
from tocsin_runtime.delivery.pace import Pace
from tocsin_schemas.words import Lane, Severity, State
from tocsin_store.pool import Pool

ONE = Pace(lambda _: 1)
BOTH = (Lane.URGENT, Lane.ROUTINE)
ROUTINE = Post(lane=Lane.ROUTINE, severity=Severity.MINOR)


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


@dataclass
class SlowTexts(StubTexts):
    """The first message of its first batch is too late; the others of that batch take until `go`."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    first: UUID | None = None

    async def send(
        self, batch: Batch, *, gate: Gate, holds: Holds, routes: RouteWatch
    ) -> AsyncIterator[Sequence[Settled]]:
        if self.first is None:
            self.first = batch.deliveries[0].id
            yield [Settled(0, LATE)]
            await self.go.wait()
            yield [Settled(number, taken(each)) for number, each in enumerate(batch.deliveries) if number]
            return
        async for part in super().send(batch, gate=gate, holds=holds, routes=routes):
            yield part


async def all_sent(*situations: Situation) -> None:
    async def look() -> bool:
        return all(
            [await states_of(each.pool, each.alert) == {State.SENT: len(each.ids)} for each in situations]
        )

    await eventually(look, within=60)


def most_in_a_second(sender: StubTexts, alert: UUID) -> int:
    at = sorted(when for when, of, _ in sender.begun if of == alert)
    return max(sum(first <= when < first + 1 for when in at) for first in at)


async def test_no_second_sees_more_than_the_limit(pool: Pool, kafka_bootstrap: str) -> None:
    agency = await a_texting_agency(pool, segments_per_s=40)
    situation, sender = await texting(pool, 150, agency=agency), StubTexts()

    async with text_crew(pool, kafka_bootstrap, sender=sender, pace=ONE):
        await all_sent(situation)

    assert sorted(sender.given) == list(situation.ids)
    assert most_in_a_second(sender, situation.alert) <= 40


async def test_segments_count_not_messages_and_an_estimate_is_corrected(
    pool: Pool, kafka_bootstrap: str
) -> None:
    agency = await a_texting_agency(pool, segments_per_s=60)
    situation = await texting(pool, 60, agency=agency)
    sender = StubTexts(lambda each: taken(each, segments=3), segments=3)

    async with text_crew(pool, kafka_bootstrap, sender=sender, pace=ONE):
        await all_sent(situation)

    assert sorted(sender.given) == list(situation.ids)
    assert most_in_a_second(sender, situation.alert) <= 20


async def test_who_expires_first_goes_first(pool: Pool, kafka_bootstrap: str) -> None:
    agency = await a_texting_agency(pool, segments_per_s=20)
    sooner = await texting(pool, 20, agency=agency, post=Post(expires_in=timedelta(hours=1)))
    later = await texting(
        pool, 40, agency=agency, post=Post(expires_in=timedelta(hours=3))
    )  # to those 20, too
    sender = StubTexts()

    async with text_crew(pool, kafka_bootstrap, sender=sender, pace=ONE):
        await all_sent(later, sooner)

    alerts = [alert for _, alert, _ in sender.begun]
    assert max(n for n, alert in enumerate(alerts) if alert == sooner.alert) < 60


async def test_routine_texts_give_way_to_urgent_ones_of_their_sender_and_to_no_other(
    pool: Pool, kafka_bootstrap: str
) -> None:
    agency = await a_texting_agency(pool, segments_per_s=20)
    routine = await texting(
        pool, 70, agency=agency, post=ROUTINE
    )  # more than may go before the others are read
    urgent = await texting(pool, 50, agency=agency)
    other = await texting(pool, 10, post=ROUTINE)
    sender = StubTexts()

    async with text_crew(pool, kafka_bootstrap, sender=sender, pace=ONE, lanes=BOTH):
        await all_sent(routine, urgent, other)

    def ends(situation: Situation) -> float:
        return max(when for when, alert, _ in sender.begun if alert == situation.alert)

    assert ends(other) < ends(urgent) < ends(routine)


async def test_what_was_too_late_goes_again_while_the_rest_of_its_turn_takes_its_time(
    pool: Pool, kafka_bootstrap: str
) -> None:
    situation, sender = await texting(pool, 5), SlowTexts()

    async def again() -> bool:
        return sender.first in sender.given

    async with text_crew(pool, kafka_bootstrap, sender=sender, pace=ONE):
        await eventually(again, within=30)
        sender.go.set()
        await all_sent(situation)


async def test_what_is_over_takes_no_turn(pool: Pool, kafka_bootstrap: str) -> None:
    agency, other = [await a_texting_agency(pool, segments_per_s=1) for _ in range(2)]
    await pool.execute("UPDATE agency SET sms_from = 'Fire'")
    over, sender = await texting(pool, 100, agency=agency), StubTexts()

    async with text_crew(pool, kafka_bootstrap, sender=sender, pace=ONE):
        await eventually(lambda: _some(sender), within=60)
        await pool.execute("UPDATE alert SET open = false WHERE id = $1", over.alert)
        live = await texting(pool, 2, agency=other)
        await all_sent(live)

    assert set(live.ids) <= set(sender.given)


async def test_what_is_in_hand_when_the_worker_stops_is_somebody_elses(
    pool: Pool, kafka_bootstrap: str
) -> None:
    agency = await a_texting_agency(pool, segments_per_s=10)
    situation, first, second = await texting(pool, 30, agency=agency), StubTexts(), StubTexts()

    async with text_crew(pool, kafka_bootstrap, sender=first, pace=ONE):
        await eventually(lambda: _some(first), within=60)
    async with text_crew(pool, kafka_bootstrap, sender=second, pace=ONE):
        await all_sent(situation)

    assert sorted(first.given + second.given) == list(situation.ids)


async def _some(sender: StubTexts) -> bool:
    return bool(sender.given)
