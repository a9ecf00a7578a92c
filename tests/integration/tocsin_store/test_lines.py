"""Lines: one call at a time to a number, whoever calls; one delivery of an alert that calls a household."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.calls import a_calling_agency, call_fact, calling
from tests.support.receipts import merged
from tests.support.world import Situation, others_of
from tocsin_schemas.words import Reason, ReceiptKind
from tocsin_store import lines
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.lines import Ended, Line, Seized, SilentLine
from tocsin_store.pool import Pool

CALL = timedelta(minutes=4)
SEIZED, OCCUPIED, CALLED, FULL = Seized.SEIZED, Seized.OCCUPIED, Seized.CALLED, Seized.FULL


async def claimed(situation: Situation, *numbers: int) -> list[ClaimedDelivery]:
    ids = [situation.ids[number] for number in numbers] if numbers else situation.ids
    return list((await situation.claimed(ids=ids)).taken)


async def seized(
    situation: Situation, taken: list[ClaimedDelivery], *, lasts: timedelta = CALL
) -> Mapping[UUID, Line]:
    return await lines.seize(situation.pool, situation.alert, taken, lasts=lasts)


def said(found: Mapping[UUID, Line], situation: Situation) -> list[Seized]:
    return [found[id_].of for id_ in situation.ids if id_ in found]


async def line_count(pool: Pool, situation: Situation) -> int:
    return int(
        await pool.fetchval("SELECT count(*) FROM line WHERE delivery_id = ANY($1::uuid[])", situation.ids)
    )


async def test_numbers_that_nobody_calls_are_seized(pool: Pool) -> None:
    situation = await calling(pool, 3)

    found = await seized(situation, await claimed(situation))

    assert said(found, situation) == [SEIZED] * 3


async def test_of_one_batch_one_calls_a_number(pool: Pool) -> None:
    situation = await calling(pool, 3, same_number=True)

    found = await seized(situation, await claimed(situation))

    assert sorted(said(found, situation)) == [OCCUPIED, OCCUPIED, SEIZED]


async def test_another_alert_waits_for_the_line(pool: Pool) -> None:
    agency = await a_calling_agency(pool)
    one = await calling(pool, agency=agency)
    two = await calling(pool, 0, agency=agency)
    await seized(one, await claimed(one))

    found = await seized(two, await claimed(two))

    line = found[two.ids[0]]
    assert (line.of, line.again_in) == (OCCUPIED, timedelta(seconds=20))


async def test_who_asks_again_under_the_same_fence_has_the_line_still(pool: Pool) -> None:
    situation = await calling(pool)
    taken = await claimed(situation)
    await seized(situation, taken)

    assert said(await seized(situation, taken), situation) == [SEIZED]


async def test_a_line_is_not_its_own_delivery_s_while_an_attempt_may_ring(pool: Pool) -> None:
    situation = await calling(pool)
    await seized(situation, await claimed(situation))
    await merged(pool, [call_fact(situation, ReceiptKind.UNKNOWN, due_in=timedelta(seconds=-1))])

    again = await claimed(situation)

    assert [each.fence for each in again] == [2]
    assert said(await seized(situation, again), situation) == [OCCUPIED]


async def test_a_line_is_not_free_just_because_its_call_should_have_ended(pool: Pool) -> None:
    agency = await a_calling_agency(pool)
    one = await calling(pool, agency=agency)
    two = await calling(pool, 0, agency=agency)
    await seized(one, await claimed(one), lasts=-timedelta(hours=1))

    assert said(await seized(two, await claimed(two)), two) == [OCCUPIED]


@pytest.mark.parametrize(("lane", "room"), [("urgent", 4), ("routine", 3)])
async def test_no_more_calls_go_on_than_may(pool: Pool, lane: str, room: int) -> None:
    await pool.execute("DELETE FROM line")
    situation = await calling(pool, 5)
    taken = await claimed(situation)
    await pool.execute("UPDATE alert SET lane = $2::lane WHERE id = $1", situation.alert, lane)

    found = await lines.seize(pool, situation.alert, taken, lasts=CALL, most=4)
    again = await lines.seize(pool, situation.alert, taken, lasts=CALL, most=4)

    assert sorted(said(found, situation)) == [FULL] * (5 - room) + [SEIZED] * room
    assert again == found


async def test_room_is_for_numbers_not_for_who_waits_for_one(pool: Pool) -> None:
    await pool.execute("DELETE FROM line")
    situation = await calling(pool, 3, same_number=True)

    found = await lines.seize(pool, situation.alert, await claimed(situation), lasts=CALL, most=2)

    assert sorted(said(found, situation)) == [OCCUPIED, OCCUPIED, SEIZED]


async def test_a_line_is_asked_after_once_its_call_should_have_ended(pool: Pool) -> None:
    await pool.execute("DELETE FROM line")
    situation = await calling(pool, 2)
    first, second = await claimed(situation)
    await seized(situation, [first], lasts=-timedelta(seconds=1))
    await seized(situation, [second])

    silent = await lines.take_silent(pool, limit=10)

    assert silent == [SilentLine(first.address, first.id, first.fence)]
    assert await lines.take_silent(pool, limit=10) == []


async def test_a_line_that_was_found_free_is_let_go_and_that_of_a_later_attempt_is_not(pool: Pool) -> None:
    situation = await calling(pool)
    (taken,) = await claimed(situation)
    await seized(situation, [taken])

    await lines.let_go(pool, SilentLine(taken.address, taken.id, 2))
    held = await line_count(pool, situation)
    await lines.let_go(pool, SilentLine(taken.address, taken.id, 1))

    assert (held, await line_count(pool, situation)) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "reason", "free"),
    [
        (ReceiptKind.DELIVERED, None, True),
        (ReceiptKind.VOICEMAIL, None, True),
        (ReceiptKind.FAILED, Reason.NO_ANSWER, True),
        (ReceiptKind.REFUSED, Reason.THROTTLED, True),
        (ReceiptKind.RELEASED, Reason.HAND_OVER_LATE, True),
        (ReceiptKind.DEFERRED, Reason.CONFIGURATION, True),
        (ReceiptKind.ACCEPTED, None, False),
        (ReceiptKind.UNKNOWN, Reason.CONNECTION_LOST, False),
        (ReceiptKind.ACKNOWLEDGED, None, False),
    ],
)
async def test_a_line_is_free_once_the_end_of_its_call_is_merged(
    pool: Pool, kind: ReceiptKind, reason: Reason | None, *, free: bool
) -> None:
    situation = await calling(pool)
    await seized(situation, await claimed(situation))

    await merged(pool, [call_fact(situation, kind, reason=reason)])

    assert await line_count(pool, situation) == (0 if free else 1)


async def test_an_old_end_does_not_free_the_line_of_a_later_call(pool: Pool) -> None:
    situation = await calling(pool)
    await seized(situation, await claimed(situation))
    failed = call_fact(situation, ReceiptKind.FAILED, reason=Reason.NO_ANSWER, due_in=timedelta(seconds=-1))
    await merged(pool, [failed])
    await seized(situation, await claimed(situation))

    await merged(pool, [call_fact(situation, ReceiptKind.FAILED, status="no-answer late")])

    assert await line_count(pool, situation) == 1


async def test_what_was_looked_up_in_vain_frees_the_line_of_the_attempt_before(pool: Pool) -> None:
    situation = await calling(pool)
    await seized(situation, await claimed(situation))
    await merged(pool, [call_fact(situation, ReceiptKind.UNKNOWN, due_in=timedelta(seconds=-1))])
    await claimed(situation)

    await merged(pool, [call_fact(situation, ReceiptKind.REFUSED, fence=2, reason=Reason.NOT_FOUND)])

    assert await line_count(pool, situation) == 0


async def test_who_knows_that_a_call_is_over_frees_its_line(pool: Pool) -> None:
    situation = await calling(pool, 2)
    await seized(situation, await claimed(situation))

    async with pool.acquire() as connection:
        await lines.free(connection, [Ended(situation.ids[0], 1), Ended(situation.ids[1], 2)])

    assert (
        await pool.fetchval("SELECT delivery_id FROM line WHERE delivery_id = $1", situation.ids[0]) is None
    )
    assert await line_count(pool, situation) == 1


async def test_of_two_who_seize_the_same_lines_each_gets_a_line_once(pool: Pool) -> None:
    for _ in range(10):
        agency = await a_calling_agency(pool)
        one = await calling(pool, 60, agency=agency)
        two = await others_of(await calling(pool, 0, agency=agency))
        first, second = await claimed(one), await claimed(two)

        found = await asyncio.gather(seized(one, first), seized(two, list(reversed(second))))

        took = [line.of for each in found for line in each.values()]
        assert (took.count(SEIZED), took.count(OCCUPIED)) == (60, 60)


async def test_seizing_and_freeing_at_once_ends(pool: Pool) -> None:
    agency = await a_calling_agency(pool)
    one = await calling(pool, 100, agency=agency)
    two = await others_of(await calling(pool, 0, agency=agency))
    first, second = await claimed(one), await claimed(two)
    await seized(one, first)
    facts = [call_fact(one, ReceiptKind.DELIVERED, number=number) for number in reversed(range(100))]

    found, *_ = await asyncio.gather(
        seized(two, second), merged(pool, facts[:50]), merged(pool, facts[50:]), seized(one, first)
    )

    left = await line_count(pool, two)
    assert left == said(found, two).count(SEIZED)


async def test_of_a_household_one_is_called_and_the_others_wait_for_what_comes_of_it(pool: Pool) -> None:
    situation = await calling(pool, 3, together=True)

    found = await seized(situation, await claimed(situation))

    assert said(found, situation) == [SEIZED, OCCUPIED, OCCUPIED]
    assert found[situation.ids[1]].again_in == timedelta(minutes=1)


async def test_a_household_that_was_reached_is_not_called_again(pool: Pool) -> None:
    situation = await calling(pool, 2, together=True)
    await seized(situation, await claimed(situation, 0))
    await merged(pool, [call_fact(situation, ReceiptKind.DELIVERED)])

    assert said(await seized(situation, await claimed(situation, 1)), situation) == [CALLED]


async def test_nor_one_whose_call_ended_and_nobody_knows_who_heard_it(pool: Pool) -> None:
    situation = await calling(pool, 2, together=True)
    await seized(situation, await claimed(situation, 0))
    await merged(pool, [call_fact(situation, ReceiptKind.ACCEPTED)])
    other = await claimed(situation, 1)
    during = await seized(situation, other)
    async with pool.acquire() as connection:
        await lines.free(connection, [Ended(situation.ids[0], 1)])

    after = await seized(situation, other)

    assert [said(during, situation), said(after, situation)] == [[OCCUPIED], [CALLED]]


async def test_a_household_waits_while_its_call_is_tried_again(pool: Pool) -> None:
    situation = await calling(pool, 2, together=True)
    await seized(situation, await claimed(situation, 0))
    busy = call_fact(situation, ReceiptKind.FAILED, reason=Reason.LINE_BUSY, due_in=timedelta(minutes=10))
    await merged(pool, [busy])

    line = (await seized(situation, await claimed(situation, 1)))[situation.ids[1]]

    assert line.of is OCCUPIED
    assert timedelta(minutes=10) < line.again_in < timedelta(minutes=11)


async def test_a_call_that_failed_for_good_gives_way_to_the_next_of_the_household(pool: Pool) -> None:
    situation = await calling(pool, 3, together=True)
    taken = await claimed(situation)
    await seized(situation, taken)
    await merged(pool, [call_fact(situation, ReceiptKind.FAILED, reason=Reason.ADDRESS_INVALID)])

    first, second = await asyncio.gather(
        seized(situation, [taken[1]]), seized(await others_of(situation), [taken[2]])
    )

    assert sorted([*said(first, situation), *said(second, situation)]) == [OCCUPIED, SEIZED]


async def test_a_household_is_called_about_each_alert(pool: Pool) -> None:
    agency = await a_calling_agency(pool)
    one = await calling(pool, agency=agency)
    await seized(one, await claimed(one))
    await merged(pool, [call_fact(one, ReceiptKind.DELIVERED)])
    two = await calling(pool, 0, agency=agency)

    assert said(await seized(two, await claimed(two)), two) == [SEIZED]


async def test_what_is_no_longer_anybody_s_is_forgotten(pool: Pool) -> None:
    situation = await calling(pool)
    await seized(situation, await claimed(situation), lasts=-timedelta(days=3))
    await pool.execute("UPDATE household_call SET called_at = now() - interval '91 days'")

    more = await lines.forget_old(pool, days=90)

    assert not more
    assert await line_count(pool, situation) == 0
    assert await pool.fetchval("SELECT count(*) FROM household_call") == 0
