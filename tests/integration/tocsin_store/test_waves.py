"""Later steps of a plan: for whom nothing has arrived, once that is certain; at once for whom the last one failed."""

from datetime import timedelta

import pytest

from tests.support.climbing import BOTH, LATER, climbing, marked
from tests.support.receipts import merged
from tests.support.world import closed, emptied, fanned_out
from tocsin_schemas.words import Channel, Reason, ReceiptKind, State
from tocsin_store import alerts, waves
from tocsin_store.fan_out import insert_chunk
from tocsin_store.moving_on import move_on
from tocsin_store.pool import Pool
from tocsin_store.waves import Step

TEXT, MAIL = Channel.SMS, Channel.EMAIL


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)
    await pool.execute("UPDATE receipts_mark SET passed_at = '-infinity'")


async def moved_on(pool: Pool) -> int:
    made = 0
    while (chunk := await move_on(pool)) is not None:
        made += chunk.deliveries
    return made


async def test_a_step_waits_for_its_time(pool: Pool) -> None:
    climb = await climbing(pool)
    await marked(pool)

    assert await fanned_out(pool) == 1

    assert await climb.members_of(wave=0) == list(climb.members)
    assert await climb.members_of(wave=1) == []


async def test_a_step_waits_until_every_receipt_of_before_is_merged(pool: Pool) -> None:
    climb = await climbing(pool)
    await fanned_out(pool)
    await climb.is_time()
    await marked(pool, age=timedelta(seconds=1))
    assert await insert_chunk(pool) is None

    await marked(pool)

    assert await fanned_out(pool) == 1


@pytest.mark.parametrize(
    ("kind", "stops"),
    [
        (ReceiptKind.DELIVERED, True),
        (ReceiptKind.ACKNOWLEDGED, True),
        (ReceiptKind.ACCEPTED, False),
        (ReceiptKind.VOICEMAIL, False),
    ],
)
async def test_who_got_it_is_left_out_of_the_next_step(pool: Pool, kind: ReceiptKind, *, stops: bool) -> None:
    climb = await climbing(pool, [BOTH, BOTH])
    await fanned_out(pool)
    await climb.claimed(wave=0)
    await merged(pool, [await climb.fact(climb.members[0], kind)])

    await climb.is_time()
    await fanned_out(pool)

    assert climb.members[1] in await climb.members_of(wave=1)
    assert (climb.members[0] not in await climb.members_of(wave=1)) == stops


async def test_a_step_may_wait_for_acknowledgements(pool: Pool) -> None:
    climb = await climbing(pool, [BOTH, BOTH], steps=[Step([MAIL], LATER, State.ACKNOWLEDGED)])
    await fanned_out(pool)
    await climb.claimed(wave=0)
    got, read = climb.members
    await merged(
        pool, [await climb.fact(got, ReceiptKind.DELIVERED), await climb.fact(read, ReceiptKind.ACKNOWLEDGED)]
    )

    await climb.is_time()
    await fanned_out(pool)

    assert await climb.members_of(wave=1) == [got]


async def test_news_that_comes_before_the_claim_call_it_off(pool: Pool) -> None:
    climb = await climbing(pool, [BOTH, BOTH])
    await fanned_out(pool)
    await climb.claimed(wave=0)
    await climb.is_time()
    await fanned_out(pool)
    late, silent = climb.members
    await merged(pool, [await climb.fact(late, ReceiptKind.DELIVERED)])

    claims = await climb.claimed(wave=1)

    assert [each.member_id for each in claims.taken] == [silent]
    (verdict,) = claims.verdicts
    assert verdict.id == (await climb.row(late, wave=1))["id"]
    assert (verdict.kind, verdict.reason) == (ReceiptKind.CANCELLED, Reason.REACHED)


async def test_a_claim_waits_where_news_may_not_be_merged_yet(pool: Pool) -> None:
    climb = await climbing(pool)
    await fanned_out(pool)
    await climb.is_time()
    await fanned_out(pool)
    await marked(pool, age=timedelta(seconds=3))

    claims = await climb.claimed(wave=1)
    assert (claims.taken, claims.verdicts) == ([], [])

    await waves.set_mark(pool, await waves.now(pool))
    assert await pool.fetchval("SELECT produce_after <= now() FROM due")
    assert len((await climb.claimed(wave=1)).taken) == 1
    assert await pool.fetchval("SELECT count(*) FROM due") == 0


@pytest.mark.parametrize(
    ("age", "comes_again"), [(timedelta(seconds=3), True), (timedelta(seconds=1), False)]
)
async def test_what_found_the_mark_too_old_comes_again_as_it_moves_on(
    pool: Pool, age: timedelta, *, comes_again: bool
) -> None:
    climb = await climbing(pool)
    await fanned_out(pool)
    await climb.is_time()
    await fanned_out(pool)
    (row,) = await climb.rows(wave=1)
    await pool.execute(
        """INSERT INTO due (delivery_id, alert_id, kind, channel, lane, due_at, produce_after)
           VALUES ($1, $2, 'send', 'email', 'urgent', now(), now() + interval '1 minute')""",
        row["id"],
        climb.alert,
    )
    await marked(pool, age=age)

    await waves.set_mark(pool, await waves.now(pool))

    assert await pool.fetchval("SELECT produce_after <= now() FROM due") == comes_again


async def test_the_first_step_claims_whatever_the_mark_is(pool: Pool) -> None:
    climb = await climbing(pool)
    await fanned_out(pool)

    assert len((await climb.claimed(wave=0)).taken) == 1


async def test_whom_a_step_failed_for_good_moves_on_at_once_and_once(pool: Pool) -> None:
    climb = await climbing(pool, [BOTH, BOTH])
    await fanned_out(pool)
    await climb.claimed(wave=0)
    failed, other = climb.members
    await merged(pool, [await climb.fact(failed, ReceiptKind.FAILED, reason=Reason.UNROUTABLE)])

    assert await moved_on(pool) == 1
    assert await climb.members_of(wave=1) == [failed]

    await climb.is_time()
    await fanned_out(pool)
    assert sorted(await climb.members_of(wave=1)) == sorted([failed, other])


async def test_who_was_suppressed_from_the_beginning_moves_on_at_once(pool: Pool) -> None:
    climb = await climbing(pool)
    await pool.execute(
        """INSERT INTO suppression (channel, address, kind, scope, reason, strikes, delivery_id, alert_id, agency_id)
           SELECT channel, address, 'hard', 'all', 'address_unknown', 1, uuidv7(), $2, $3
           FROM   contact_point WHERE member_id = $1 AND channel = 'sms'""",
        climb.members[0],
        climb.alert,
        climb.agency,
    )
    await fanned_out(pool)

    assert await moved_on(pool) == 1


async def test_who_may_still_be_reached_does_not_move_on(pool: Pool) -> None:
    climb = await climbing(pool, [(TEXT, TEXT, MAIL)])
    await fanned_out(pool)
    await climb.claimed(wave=0)
    first, second = await climb.rows(wave=0)
    await pool.execute("UPDATE delivery SET state = 'failed', work = 'none' WHERE id = $1", first["id"])
    await pool.execute("INSERT INTO moving_on VALUES ($1, 1, 0, $2)", climb.alert, climb.members[0])
    assert await moved_on(pool) == 0

    await pool.execute("UPDATE delivery SET state = 'failed', work = 'none' WHERE id = $1", second["id"])
    await pool.execute("INSERT INTO moving_on VALUES ($1, 1, 0, $2)", climb.alert, climb.members[0])
    assert await moved_on(pool) == 1


async def test_whom_the_next_step_cannot_reach_goes_on_to_the_one_after(pool: Pool) -> None:
    steps = [Step([TEXT], LATER, State.DELIVERED), Step([MAIL], 2 * LATER, State.DELIVERED)]
    climb = await climbing(pool, [BOTH], steps=steps)
    await fanned_out(pool)
    await climb.claimed(wave=0)
    await merged(pool, [await climb.fact(climb.members[0], ReceiptKind.FAILED, reason=Reason.UNROUTABLE)])
    await pool.execute(
        "UPDATE contact_point SET valid_until = valid_from WHERE member_id = $1 AND channel = 'sms'",
        climb.members[0],
    )

    assert await moved_on(pool) == 1

    assert await climb.members_of(wave=1) == []
    assert await climb.members_of(wave=2) == list(climb.members)


async def test_whom_the_next_step_had_failed_before_goes_on_to_the_one_after(pool: Pool) -> None:
    steps = [Step([TEXT], LATER, State.DELIVERED), Step([MAIL], 2 * LATER, State.DELIVERED)]
    climb = await climbing(pool, [BOTH, BOTH], steps=steps)
    await fanned_out(pool)
    await pool.execute("UPDATE fan_out SET not_before = now() WHERE wave = 1")
    await marked(pool)
    await fanned_out(pool)
    await pool.execute("UPDATE delivery SET state = 'failed', work = 'none' WHERE wave = 1")
    failed, silent = climb.members
    await pool.execute("UPDATE delivery SET state = 'failed', work = 'none' WHERE member_id = $1", failed)
    for member in (failed, silent):
        await pool.execute("INSERT INTO moving_on VALUES ($1, 1, 0, $2)", climb.alert, member)

    await moved_on(pool)

    assert await climb.members_of(wave=2) == [failed]


async def test_an_alert_that_ends_has_no_further_steps(pool: Pool) -> None:
    climb = await climbing(pool)
    await fanned_out(pool)
    await pool.execute("INSERT INTO moving_on VALUES ($1, 1, 0, $2)", climb.alert, climb.members[0])
    async with pool.acquire() as connection, connection.transaction():
        alert = await alerts.lock(connection, climb.alert, agency_id=climb.agency)
        assert alert is not None
        await alerts.cancel(connection, alert)

    assert await moved_on(pool) == 0
    await climb.is_time()
    await fanned_out(pool)
    await closed(pool, climb.alert)

    assert await climb.members_of(wave=1) == []
    assert await pool.fetchval("SELECT count(*) FROM fan_out WHERE done_at IS NULL") == 0


async def test_a_step_that_was_due_when_the_alert_expired_adds_nobody(pool: Pool) -> None:
    climb = await climbing(pool)
    await fanned_out(pool)
    await pool.execute("UPDATE fan_out SET not_before = now() WHERE alert_id = $1", climb.alert)
    await pool.execute("UPDATE alert SET expires_at = now() WHERE id = $1", climb.alert)

    assert await fanned_out(pool) == 0

    assert await pool.fetchval("SELECT count(*) FROM fan_out WHERE done_at IS NULL") == 0


async def test_a_step_for_whom_only_it_can_reach_has_them_too(pool: Pool) -> None:
    climb = await climbing(pool, [BOTH, [MAIL]])
    await fanned_out(pool)
    await climb.is_time()
    await fanned_out(pool, limit=1)

    assert sorted(await climb.members_of(wave=1)) == sorted(climb.members)
    assert await pool.fetchval("SELECT sum(members) FROM fan_out WHERE alert_id = $1", climb.alert) == 2


async def test_what_is_told_of_the_steps(pool: Pool) -> None:
    climb = await climbing(pool, [BOTH, BOTH])
    await fanned_out(pool)
    async with pool.acquire() as connection:
        first, second = await waves.read(connection, climb.alert, version=1)

    assert (first.channels, first.state, first.deliveries) == ([TEXT], "done", 2)
    assert (second.channels, second.state, second.deliveries) == ([MAIL], "waiting", 0)
    assert second.begins - first.begins == LATER
