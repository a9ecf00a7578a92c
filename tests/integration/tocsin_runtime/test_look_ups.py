"""An attempt that may have arrived is looked up before another is made; what nobody can tell is left to the policy."""

from uuid import UUID

import pytest

from tests.support.eventually import eventually
from tests.support.text_crew import StubTexts, taken, text_crew
from tests.support.texts import texting
from tests.support.world import Post, Situation, emptied
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason, Severity, State
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool

DOUBT = Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST, "timeout", provider="stub")
SILENCE = Outcome(OutcomeClass.AMBIGUOUS, Reason.PROVIDER_SLOW)
ABSENT = Outcome(OutcomeClass.ABSENT, Reason.NOT_FOUND, provider="stub")


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


def doubtful_at_first(sender: StubTexts) -> None:
    seen: set[UUID] = set()

    def answer(delivery: ClaimedDelivery) -> Outcome:
        if delivery.id in seen:
            return taken(delivery)
        seen.add(delivery.id)
        return DOUBT

    sender.answer = answer


async def settled(situation: Situation, state: State) -> None:
    """Wait until it is so and no work is left; what waits for half a minute waits no longer."""

    async def look() -> bool:
        await situation.pool.execute("UPDATE due SET due_at = now(), produce_after = now()")
        row = await situation.row()
        return (row["work"], row["state"]) == ("none", state)

    await eventually(look, within=60)


async def test_what_the_provider_has_is_sent_and_is_not_sent_again(pool: Pool, kafka_bootstrap: str) -> None:
    situation, sender = await texting(pool), StubTexts(lambda _: DOUBT)

    async with text_crew(pool, kafka_bootstrap, sender=sender):
        await settled(situation, State.SENT)

    assert (sender.given, sender.looked_up) == ([*situation.ids], [*situation.ids])
    assert (await situation.row())["attempts"] == 1


async def test_what_the_provider_does_not_have_goes_once_more_whatever_the_severity(
    pool: Pool, kafka_bootstrap: str
) -> None:
    situation = await texting(pool, post=Post(severity=Severity.MINOR))
    sender = StubTexts(found=lambda _: ABSENT)
    doubtful_at_first(sender)

    async with text_crew(pool, kafka_bootstrap, sender=sender):
        await settled(situation, State.SENT)

    assert (len(sender.given), len(sender.looked_up)) == (2, 1)
    row = await situation.row()
    assert (row["attempts"], row["ambiguous"]) == (2, 0)


@pytest.mark.parametrize(("severity", "sent"), [(Severity.SEVERE, 2), (Severity.MINOR, 1)])
async def test_what_nobody_can_tell_goes_once_more_only_where_a_second_text_does_less_harm(
    pool: Pool, kafka_bootstrap: str, severity: Severity, sent: int
) -> None:
    situation = await texting(pool, post=Post(severity=severity))
    sender = StubTexts(lambda _: DOUBT, found=lambda _: SILENCE)

    async with text_crew(pool, kafka_bootstrap, sender=sender):
        await settled(situation, State.UNKNOWN)

    assert (len(sender.given), len(sender.looked_up)) == (sent, sent)
    assert (await situation.row())["attempts"] == sent
