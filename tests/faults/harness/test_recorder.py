from pathlib import Path

import pytest

from tests.faults.evidence.dump import dump, read_dump
from tests.faults.evidence.recorder import install
from tests.faults.history import Dump
from tests.support.world import Situation, emptied, waiting
from tocsin_schemas.words import Channel, State
from tocsin_store.pool import Pool

BORN = (None, (State.PENDING, "waiting", 0))
CLAIMED = ((State.PENDING, "waiting", 0), (State.PENDING, "claimed", 1))


@pytest.fixture
async def situation(pool: Pool) -> Situation:
    """Two deliveries that wait, recorded from their birth."""
    await emptied(pool)
    await install(pool)
    await pool.execute("TRUNCATE faults.move")
    return await waiting(pool, 2)


async def dumped(situation: Situation, folder: Path, *, kafka: str) -> Dump:
    await dump(situation.pool, folder, kafka=kafka)
    return read_dump(folder)


async def test_birth_and_claim_are_recorded_in_order(
    situation: Situation, tmp_path: Path, kafka_bootstrap: str
) -> None:
    await situation.claimed(ids=situation.ids[:1])

    found = await dumped(situation, tmp_path, kafka=kafka_bootstrap)

    first, second = (found.moves[id_] for id_ in situation.ids)
    assert [(move.before, move.after) for move in first] == [BORN, CLAIMED]
    assert [move.claims for move in first] == [False, True]
    assert [(move.before, move.after) for move in second] == [BORN]
    assert first[0].at < first[1].read_at <= first[1].at <= found.at + 1


async def test_a_change_that_was_rolled_back_never_was(
    situation: Situation, tmp_path: Path, kafka_bootstrap: str
) -> None:
    async with situation.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("UPDATE delivery SET fence = 7")
        await transaction.rollback()

    found = await dumped(situation, tmp_path, kafka=kafka_bootstrap)

    assert [len(moves) for moves in found.moves.values()] == [1, 1]


async def test_what_is_neither_state_nor_work_nor_fence_is_no_move(situation: Situation) -> None:
    await situation.pool.execute("UPDATE delivery SET reason = 'spam', work = work, attempts = 3")

    moves = await situation.pool.fetchval("SELECT count(*) FROM faults.move")

    assert moves == 2


async def test_recording_twice_records_once(situation: Situation) -> None:
    await install(situation.pool)

    await situation.claimed()

    assert await situation.pool.fetchval("SELECT count(*) FROM faults.move") == 4


async def test_the_dump_holds_what_a_check_reads(
    situation: Situation, tmp_path: Path, kafka_bootstrap: str
) -> None:
    await situation.claimed(ids=situation.ids[:1])
    await situation.is_due(1)

    found = await dumped(situation, tmp_path, kafka=kafka_bootstrap)

    alert = found.alerts[situation.alert]
    assert (alert.agency, alert.severity, alert.lane, alert.version) == (
        situation.agency,
        "severe",
        "urgent",
        1,
    )
    assert (alert.state, alert.open, alert.expires_at - alert.frozen_at > 20_000) == ("live", True, True)
    assert list(found.deliveries) == list(found.moves) == situation.ids
    delivery = found.deliveries[situation.ids[0]]
    assert (delivery.alert, delivery.channel, delivery.fence) == (situation.alert, Channel.EMAIL, 1)
    assert delivery.contact in found.contacts
    assert {consent.member for consent in found.consents} == {
        each.member for each in found.deliveries.values()
    }
    of_others = {"dead_letters"}  # whatever tests before this one have put aside
    assert {name: n for name, n in found.left.items() if name not in of_others} == {"due": 1, "chunks": 1}
    assert (found.facts, found.suppressions, found.reached_versions) == ({}, [], frozenset())
