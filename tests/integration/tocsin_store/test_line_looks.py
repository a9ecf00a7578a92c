"""A look ahead: whom a call would be in vain for now is known without a claim."""

from datetime import timedelta

from tests.support.calls import call_fact, calling
from tests.support.receipts import merged
from tests.support.world import Situation
from tocsin_schemas.words import Reason, ReceiptKind
from tocsin_store import lines
from tocsin_store.claim import Verdict
from tocsin_store.line_looks import look
from tocsin_store.pool import Pool


async def first_seized(situation: Situation) -> None:
    taken = (await situation.claimed(ids=situation.ids[:1])).taken
    await lines.seize(situation.pool, situation.alert, taken, lasts=timedelta(minutes=4))


async def test_who_would_not_be_called_now_is_seen_without_a_claim(pool: Pool) -> None:
    await pool.execute("DELETE FROM line")
    situation = await calling(pool, 3, same_number=True)
    await first_seized(situation)

    found = await look(pool, situation.alert, situation.ids)

    assert found == dict.fromkeys(situation.ids[1:])  # put off
    again = await pool.fetch(
        "SELECT produce_after > now() AS later FROM due WHERE delivery_id = ANY($1::uuid[])", situation.ids
    )
    assert [row["later"] for row in again] == [True, True]


async def test_so_is_whose_household_was_called_and_settled_by_that(pool: Pool) -> None:
    situation = await calling(pool, 3, together=True)
    await first_seized(situation)
    during = await look(pool, situation.alert, situation.ids)
    await merged(pool, [call_fact(situation, ReceiptKind.DELIVERED)])

    after = await look(pool, situation.alert, situation.ids)

    assert during == dict.fromkeys(situation.ids[1:])
    assert after == {
        id_: Verdict(id_, 0, 1, ReceiptKind.SUPPRESSED, Reason.HOUSEHOLD_CALLED, None)
        for id_ in situation.ids[1:]
    }


async def test_who_may_be_called_is_not_looked_over(pool: Pool) -> None:
    situation = await calling(pool, 3, together=True)
    free = await calling(pool, 1)
    await first_seized(situation)
    await merged(pool, [call_fact(situation, ReceiptKind.FAILED, reason=Reason.ADDRESS_INVALID)])

    assert await look(pool, situation.alert, situation.ids) == {}
    assert await look(pool, free.alert, free.ids) == {}
