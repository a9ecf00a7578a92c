"""What is known before a claim takes none, and no turn of its sender."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest

from tests.support.eventually import eventually
from tests.support.text_crew import StubTexts, text_crew
from tests.support.texts import texting
from tests.support.world import emptied, states_of
from tocsin_runtime.delivery.pace import Pace
from tocsin_schemas.words import Reason, ReceiptKind, State
from tocsin_store.claim import Verdict
from tocsin_store.pool import Pool


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


@pytest.mark.parametrize("pace", [None, Pace(lambda _: 1)])
async def test_what_is_settled_or_put_off_by_a_look_is_not_claimed(
    pool: Pool, kafka_bootstrap: str, pace: Pace | None
) -> None:
    situation, sender = await texting(pool, 4), StubTexts()
    settled, waits, *others = situation.ids
    verdict = Verdict(settled, 0, 1, ReceiptKind.SUPPRESSED, Reason.HOUSEHOLD_CALLED, None)

    async def look(alert: UUID, ids: Sequence[UUID]) -> Mapping[UUID, Verdict | None]:
        assert alert == situation.alert
        found = {settled: verdict, waits: None}
        return {each: found[each] for each in ids if each in found}

    async def all_told() -> bool:
        told = {State.SUPPRESSED: 1, State.PENDING: 1, State.SENT: 2}
        return await states_of(pool, situation.alert) == told

    async with text_crew(pool, kafka_bootstrap, sender=sender, pace=pace, look=look):
        assert await eventually(all_told, within=30)

    assert sorted(sender.given) == sorted(others)
    assert [(await situation.row(number))["fence"] for number in range(2)] == [0, 0]


async def test_where_nobody_can_look_all_is_claimed(pool: Pool, kafka_bootstrap: str) -> None:
    situation, sender = await texting(pool, 2), StubTexts()

    async def look(_: UUID, __: Sequence[UUID]) -> Mapping[UUID, Verdict | None]:
        raise ConnectionError

    async def all_sent() -> bool:
        return await states_of(pool, situation.alert) == {State.SENT: 2}

    async with text_crew(pool, kafka_bootstrap, sender=sender, look=look):
        assert await eventually(all_sent, within=30)
