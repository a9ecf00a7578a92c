"""What comes back about a delivery, as far as the ledger: receipts once in the outbox, and what the merge makes of them."""

import json
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import pytest

from tests.support.receipts import merged, told
from tests.support.world import Post, Situation, tallied, waiting
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Lane, Reason, ReceiptKind, State
from tocsin_store.bounces import KNOWN, Bounce, keep_bounce
from tocsin_store.pool import Pool

UNKNOWN_USER: Final = (ReceiptKind.FAILED, Reason.ADDRESS_UNKNOWN, "dsn 5.1.1")
COMPLAINT: Final = (ReceiptKind.COMPLAINED, Reason.COMPLAINT, "arf abuse")
REPORT: Final = (ReceiptKind.DELIVERED, None, "dsn 2.0.0")


async def sent(pool: Pool, *, count: int = 1, lane: Lane = Lane.URGENT) -> Situation:
    """Deliveries that a provider accepted."""
    situation = await waiting(pool, count, post=Post(lane=lane))
    await situation.claimed()
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED, number=number) for number in range(count)])
    await pool.execute("DELETE FROM outbox")
    return situation


def bounce(fact: tuple[ReceiptKind, Reason | None, str]) -> Bounce:
    kind, reason, status = fact
    return Bounce(kind, reason, "mail-door", status, datetime.now(UTC))


async def kept(pool: Pool) -> list[Receipt]:
    rows = await pool.fetch("DELETE FROM outbox RETURNING id, receipts")
    return [Receipt.model_validate(one) for row in rows for one in row["receipts"]]


@pytest.mark.parametrize("lane", Lane)
async def test_a_receipt_speaks_of_the_rows_fence_and_lane(pool: Pool, lane: Lane) -> None:
    situation = await sent(pool, lane=lane)

    assert await keep_bounce(pool, bounce(UNKNOWN_USER), deliveries=situation.ids) == 1

    (receipt,) = await kept(pool)
    assert (receipt.alert_id, receipt.alert_version, receipt.fence, receipt.lane) == (
        situation.alert, 1, 1, lane,
    )  # fmt: skip


async def test_nothing_is_written_of_what_the_ledger_does_not_know(pool: Pool) -> None:
    situation = await sent(pool)

    assert await keep_bounce(pool, bounce(UNKNOWN_USER), deliveries=[uuid4()]) == 0
    assert await kept(pool) == []
    assert (
        await keep_bounce(pool, bounce(UNKNOWN_USER), deliveries=[uuid4(), *situation.ids, *situation.ids])
        == 1
    )
    assert len(await kept(pool)) == 1


@pytest.mark.parametrize(
    ("fact", "state", "reason"),
    [
        (UNKNOWN_USER, State.FAILED, Reason.ADDRESS_UNKNOWN),
        (REPORT, State.DELIVERED, None),
        (COMPLAINT, State.SENT, Reason.COMPLAINT),
    ],
)
async def test_the_merge_moves_what_was_sent_and_does_so_once(
    pool: Pool, fact: tuple[ReceiptKind, Reason | None, str], state: State, reason: Reason | None
) -> None:
    situation = await sent(pool)
    for _ in range(2):
        await keep_bounce(pool, bounce(fact), deliveries=situation.ids)

    assert await merged(pool, await kept(pool)) == 1

    row = await situation.row()
    assert (row["state"], row["work"], row["reason"]) == (state, "none", reason)
    assert await tallied(pool, situation.alert) == {state: 1}


async def test_a_bounce_that_overtakes_its_acceptance_stays_the_truth(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await pool.execute("DELETE FROM outbox")
    await keep_bounce(pool, bounce(UNKNOWN_USER), deliveries=situation.ids)

    await merged(pool, [*await kept(pool), told(situation, ReceiptKind.ACCEPTED)])

    row = await situation.row()
    assert (row["state"], row["work"], row["attempts"]) == (State.FAILED, "none", 1)


async def test_a_late_failure_never_takes_back_a_delivery(pool: Pool) -> None:
    situation = await sent(pool)
    for fact in (REPORT, UNKNOWN_USER):
        await keep_bounce(pool, bounce(fact), deliveries=situation.ids)

    await merged(pool, await kept(pool))

    assert (await situation.row())["state"] == State.DELIVERED


async def test_the_look_up_probes_by_key_on_a_fresh_ledger(pool: Pool) -> None:
    situation = await waiting(pool, 5_000)
    await pool.execute("DELETE FROM pg_statistic WHERE starelid = ANY('{delivery,alert}'::regclass[])")

    async with pool.acquire() as connection:
        await connection.execute(f"PREPARE known (uuid[]) AS {KNOWN}")
        ids = "{" + ",".join(map(str, situation.ids[:100])) + "}"
        explained = await connection.fetchval(f"EXPLAIN (FORMAT json) EXECUTE known ('{ids}')")
        await connection.execute("DEALLOCATE known")

    assert "Seq Scan" not in json.dumps(json.loads(explained))
