"""Strikes: how many, how far apart and in how many alerts suppress an address; and what forgives them."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from tests.support.receipts import merged
from tests.support.strikes import a_neighbour, bounce, lifted, sent_to, struck, suppressed
from tests.support.world import an_agency, emptied, states_of, tallied
from tocsin_schemas.words import Reason, ReceiptKind, State
from tocsin_store.pool import Pool

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RULES = [
    # reason, strikes, apart, kind, scope
    (Reason.ADDRESS_UNKNOWN, 2, DAY, "hard", "all"),
    (Reason.DOMAIN_UNREACHABLE, 2, DAY, "hard", "all"),
    (Reason.DOMAIN_REFUSES_MAIL, 1, timedelta(), "hard", "all"),
    (Reason.OWNER_CHANGED, 1, timedelta(), "hard", "all"),
    (Reason.MAILBOX_DISABLED, 2, 7 * DAY, "soft", "all"),
    (Reason.MAILBOX_FULL, 5, DAY, "soft", "all"),
    (Reason.COMPLAINT, 1, timedelta(), "soft", "routine"),
]


@pytest.fixture
async def agency(pool: Pool) -> UUID:
    """An agency in an empty world."""
    await emptied(pool)
    return await an_agency(pool)


def _spread(strikes: int, *, over: timedelta) -> list[timedelta]:
    """How long ago each strike was, oldest first, the last one now."""
    return [over * (strikes - 1 - n) / max(1, strikes - 1) for n in range(strikes)]


def _kind(reason: Reason) -> ReceiptKind:
    return ReceiptKind.COMPLAINED if reason is Reason.COMPLAINT else ReceiptKind.FAILED


@pytest.mark.parametrize(("reason", "strikes", "apart", "kind", "scope"), RULES)
async def test_so_many_strikes_so_far_apart_suppress(
    pool: Pool, agency: UUID, reason: Reason, strikes: int, apart: timedelta, kind: str, scope: str
) -> None:
    member = await a_neighbour(pool, agency)
    before = []
    for ago in _spread(strikes, over=apart + HOUR if strikes > 1 else apart):
        before.append(await suppressed(pool, agency))
        last = await struck(pool, agency, member, reason, ago=ago, kind=_kind(reason))

    [found] = await suppressed(pool, agency)

    assert before == [[]] * strikes
    assert (found.reason, found.kind, found.scope, found.strikes) == (reason, kind, scope, strikes)
    assert (found.delivery_id, found.alert_id) == (last.ids[0], last.alert)
    assert found.provider_status == "dsn 5.1.1"


@pytest.mark.parametrize(("reason", "strikes", "apart"), [rule[:3] for rule in RULES if rule[1] > 1])
async def test_strikes_closer_together_do_not_suppress(
    pool: Pool, agency: UUID, reason: Reason, strikes: int, apart: timedelta
) -> None:
    member = await a_neighbour(pool, agency)

    for ago in _spread(strikes, over=apart - HOUR):
        await struck(pool, agency, member, reason, ago=ago)

    assert await suppressed(pool, agency) == []


async def test_the_table_of_rules_is_the_ledgers(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT reason, strikes, apart, kind, scope FROM strike_rule WHERE channel = 'email'"
    )

    assert {tuple(row) for row in rows} == set(RULES)


async def test_the_same_bounce_twice_counts_once(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)
    situation = await sent_to(pool, agency, member)

    for ago in (2 * DAY, timedelta()):
        await merged(pool, [bounce(situation, Reason.ADDRESS_UNKNOWN, ago=ago)])

    assert await suppressed(pool, agency) == []
    assert await pool.fetchval("SELECT count(*) FROM strike") == 1


async def test_other_reports_of_the_same_delivery_count_once(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)
    situation = await sent_to(pool, agency, member)

    for status, ago in (("dsn 5.1.1", 2 * DAY), ("550 5.1.1", timedelta())):
        told = bounce(situation, Reason.ADDRESS_UNKNOWN, ago=ago)
        await merged(pool, [told.model_copy(update={"id": uuid4(), "provider_status": status})])

    assert await suppressed(pool, agency) == []


async def test_strikes_for_different_reasons_do_not_add_up(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)

    await struck(pool, agency, member, Reason.ADDRESS_UNKNOWN, ago=2 * DAY)
    await struck(pool, agency, member, Reason.DOMAIN_UNREACHABLE)

    assert await suppressed(pool, agency) == []


async def test_a_season_forgives(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)

    await struck(pool, agency, member, Reason.ADDRESS_UNKNOWN, ago=91 * DAY)
    await struck(pool, agency, member, Reason.ADDRESS_UNKNOWN)
    forgiven = await suppressed(pool, agency)
    await struck(pool, agency, member, Reason.ADDRESS_UNKNOWN, ago=89 * DAY)

    assert (forgiven, len(await suppressed(pool, agency))) == ([], 1)


async def test_strikes_are_of_an_address_whoever_sends_and_however_it_is_written(
    pool: Pool, agency: UUID
) -> None:
    one, two = await a_neighbour(pool, agency), await a_neighbour(pool, agency)
    await pool.execute("UPDATE contact_point SET address = 'Ada@Homes.Example' WHERE member_id = $1", one)
    await pool.execute("UPDATE contact_point SET address = 'ada@homes.example' WHERE member_id = $1", two)

    await struck(pool, agency, one, Reason.ADDRESS_UNKNOWN, ago=2 * DAY)
    await struck(pool, agency, two, Reason.ADDRESS_UNKNOWN)

    [found] = await suppressed(pool, agency)
    assert found.strikes == 2


async def test_lifting_forgives_what_led_there(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)
    for ago in (2 * DAY, timedelta()):
        await struck(pool, agency, member, Reason.ADDRESS_UNKNOWN, ago=ago)
    [found] = await suppressed(pool, agency)

    await lifted(pool, agency, found)
    await struck(pool, agency, member, Reason.ADDRESS_UNKNOWN)

    assert await suppressed(pool, agency) == []


async def test_a_bounce_moves_sent_to_failed_in_row_and_tally(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)
    situation = await sent_to(pool, agency, member)
    before = await tallied(pool, situation.alert)

    await merged(pool, [bounce(situation, Reason.MAILBOX_FULL)])

    row = await situation.row()
    assert before == {State.SENT: 1}
    assert await tallied(pool, situation.alert) == await states_of(pool, situation.alert) == {State.FAILED: 1}
    assert (row["work"], row["reason"], row["attempts"]) == ("none", Reason.MAILBOX_FULL, 1)


async def test_a_bounce_after_a_delivery_is_kept_and_changes_nothing(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)
    situation = await sent_to(pool, agency, member)
    delivered = bounce(situation, Reason.MAILBOX_FULL, kind=ReceiptKind.DELIVERED)

    await merged(
        pool, [delivered.model_copy(update={"reason": None}), bounce(situation, Reason.MAILBOX_FULL)]
    )

    kinds = await pool.fetch(
        "SELECT kind FROM receipt WHERE alert_id = $1 ORDER BY xid, ordinal", situation.alert
    )
    assert await states_of(pool, situation.alert) == {State.DELIVERED: 1}
    assert [row["kind"] for row in kinds] == ["accepted", "delivered", "failed"]
    assert all(a != b for a, b in pairwise(kinds))
