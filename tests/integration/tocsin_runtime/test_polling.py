"""A message whose end nobody told is asked after, on schedule, and what is answered is a fact like any other."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.support.receipts import merged
from tests.support.texts import text_fact, texting
from tests.support.topics import values_on
from tests.support.world import Situation, emptied
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_runtime.delivery.decide import SMS
from tocsin_runtime.delivery.polling import SCHEDULE, Poller
from tocsin_runtime.delivery.receipts import ReceiptOutlet
from tocsin_runtime.delivery.reports import Report
from tocsin_runtime.kafka.producer import Outlet
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import RECEIPTS
from tocsin_schemas.words import Channel, Reason, ReceiptKind
from tocsin_store.pool import Pool


@dataclass(frozen=True)
class Told:
    """A report."""

    of: OutcomeClass
    kind: ReceiptKind
    status: str
    reason: Reason | None = None
    scope: Scope | None = None
    lasts: timedelta | None = None
    retries: Sequence[float] | None = None
    most: int | None = None
    final: bool = True


DELIVERED = Told(OutcomeClass.OK, ReceiptKind.DELIVERED, "delivered")
UNDER_WAY = Told(OutcomeClass.OK, ReceiptKind.ACCEPTED, "sending", final=False)
UNHEARD = Told(OutcomeClass.RETRY_SAFE, ReceiptKind.ACCEPTED, "completed human", retries=(3_600.0,), most=2)


@dataclass
class Provider:
    """Answers as it is told to."""

    answer: Report | None = DELIVERED
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def status_of(self, provider: str, ref: str) -> Report | None:
        self.asked.append((provider, ref))
        return self.answer


@pytest.fixture
async def text(pool: Pool) -> Situation:
    """One text that a provider took; its end was not told."""
    await emptied(pool)
    situation = await texting(pool)
    await situation.claimed()
    await merged(pool, [text_fact(situation, ReceiptKind.ACCEPTED, ref="SM1", attempt=1)])
    return situation


@pytest.fixture
async def outlet(kafka_bootstrap: str) -> AsyncIterator[Outlet]:
    async with Outlet(kafka_bootstrap, client_id="test") as opened:
        yield opened


async def polled(text: Situation, outlet: Outlet, provider: Provider, *, later: timedelta) -> None:
    """Let time pass, and poll."""
    await text.pool.execute(
        "UPDATE provider_message SET accepted_at = accepted_at - $1::interval, poll_at = poll_at - $1::interval",
        later,
    )
    told = ReceiptOutlet(outlet, text.pool, source="test")
    await Poller(text.pool, Channel.SMS, SMS, provider.status_of, told).poll()


async def test_nobody_is_asked_before_its_time(text: Situation, outlet: Outlet) -> None:
    provider = Provider()

    await polled(text, outlet, provider, later=timedelta(minutes=9))

    assert provider.asked == []


async def test_what_is_answered_is_told(text: Situation, outlet: Outlet, kafka_bootstrap: str) -> None:
    await polled(text, outlet, Provider(), later=timedelta(minutes=11))

    about = str(text.ids[0]).encode()  # the topic has what other tests wrote, too
    (fact,) = [
        decode(Receipt, value) for value in await values_on(kafka_bootstrap, RECEIPTS) if about in value
    ]
    assert (fact.kind, fact.fence, fact.provider_ref) == (ReceiptKind.DELIVERED, 1, "SM1")


async def test_what_nobody_heard_is_tried_again(
    text: Situation, outlet: Outlet, kafka_bootstrap: str
) -> None:
    await polled(text, outlet, Provider(UNHEARD), later=timedelta(minutes=11))

    about = str(text.ids[0]).encode()
    (fact,) = [
        decode(Receipt, value) for value in await values_on(kafka_bootstrap, RECEIPTS) if about in value
    ]
    assert (fact.kind, fact.due_at is None) == (ReceiptKind.FAILED, False)


async def test_silence_is_asked_after_four_times_and_no_more(text: Situation, outlet: Outlet) -> None:
    provider = Provider(UNDER_WAY)

    for _ in range(6):
        await polled(text, outlet, provider, later=timedelta(hours=30))

    assert provider.asked == [("twilio", "SM1")] * len(SCHEDULE)


async def test_what_has_ended_is_not_asked_after(text: Situation, outlet: Outlet) -> None:
    provider = Provider()
    await merged(text.pool, [text_fact(text, ReceiptKind.DELIVERED, ref="SM1", status="delivered")])

    await polled(text, outlet, provider, later=timedelta(hours=1))

    assert provider.asked == []
