"""The claim takes what may be handed over, once, and says why not where it may not."""

from datetime import timedelta

import pytest

from tests.support.world import Situation, others_of, posted, waiting
from tocsin_schemas.words import Channel, Reason, ReceiptKind
from tocsin_store import pauses
from tocsin_store.claim import SessionDeadError
from tocsin_store.pool import Pool
from tocsin_store.sessions import close_session, live_heartbeats, mark_dead, open_session


async def test_waiting_deliveries_are_taken_once(pool: Pool) -> None:
    situation = await waiting(pool, 3)

    first = await situation.claimed(token=1)
    second = await (await others_of(situation)).claimed(token=2)

    assert [delivery.id for delivery in first.taken] == list(situation.ids)
    assert (second.taken, second.again, second.verdicts) == ([], [], [])


async def test_an_id_asked_for_twice_is_taken_once(pool: Pool) -> None:
    situation = await waiting(pool, 2)

    claims = await situation.claimed(ids=[*situation.ids, *situation.ids])

    assert sorted(delivery.id for delivery in claims.taken) == sorted(situation.ids)


async def test_a_claim_raises_the_fence_and_names_its_session(pool: Pool) -> None:
    situation = await waiting(pool)

    claims = await situation.claimed(token=77)

    row = await situation.row()
    assert claims.taken[0].fence == row["fence"] == 1
    assert (row["work"], row["session"], row["claim_token"]) == ("claimed", situation.session, 77)


async def test_it_brings_what_rendering_needs(pool: Pool) -> None:
    situation = await waiting(pool)

    (taken,) = (await situation.claimed()).taken

    assert (taken.name, taken.language, taken.alert_version) == ("Ada", "en", 1)
    assert taken.address == f"{taken.member_id.hex}.0@homes.example"
    assert (taken.attempts, taken.ambiguous, taken.resolve) == (0, 0, False)


async def test_the_same_token_finds_its_rows_again(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await situation.claimed(token=5)

    repeated = await situation.claimed(token=5)

    assert repeated.taken == []
    assert [(delivery.id, delivery.fence) for delivery in repeated.again] == [
        (id_, 1) for id_ in situation.ids
    ]


async def test_another_token_of_the_same_session_finds_nothing(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed(token=5)

    other = await situation.claimed(token=6)

    assert (other.taken, other.again, other.verdicts) == ([], [], [])


async def test_a_dead_session_claims_nothing(pool: Pool) -> None:
    situation = await waiting(pool)
    beat = (await live_heartbeats(pool))[situation.session]
    assert await mark_dead(pool, situation.session, unless_after=beat)

    with pytest.raises(SessionDeadError):
        await situation.claimed()

    assert (await situation.row())["work"] == "waiting"


async def test_a_closed_session_claims_nothing(pool: Pool) -> None:
    situation = await waiting(pool)
    await close_session(pool, situation.session)

    with pytest.raises(SessionDeadError):
        await situation.claimed()


async def test_a_session_that_never_was_claims_nothing(pool: Pool) -> None:
    situation = await waiting(pool)

    with pytest.raises(SessionDeadError):
        await situation.claimed(session=0)


async def test_what_is_due_later_is_left_alone(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.is_due(after=timedelta(minutes=5))

    claims = await situation.claimed()

    assert (claims.taken, claims.verdicts) == ([], [])
    assert await situation.due() is not None


async def test_a_claim_deletes_the_due_row(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.is_due()

    claims = await situation.claimed()

    assert len(claims.taken) == 1
    assert await situation.due() is None


async def test_an_attempt_that_must_be_looked_up_says_so(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.is_due(kind="resolve")

    assert (await situation.claimed()).taken[0].resolve


async def test_a_delivery_of_another_alert_is_not_taken(pool: Pool) -> None:
    situation = await waiting(pool)
    other = await waiting(pool)

    assert (await situation.claimed(ids=other.ids)).taken == []


BREAK = {
    "alert closed": "UPDATE alert SET open = false WHERE id = $1",
    "other version": "UPDATE alert SET version = 2 WHERE id = $1",
    "expired": "UPDATE alert SET expires_at = now() WHERE id = $1",
    "consent withdrawn": """UPDATE consent SET valid_until = now() FROM delivery d
                            WHERE d.alert_id = $1 AND consent.member_id = d.member_id""",
    "address replaced": """UPDATE contact_point p SET valid_until = now() FROM delivery d
                           WHERE d.alert_id = $1 AND p.id = d.contact_point_id""",
    "address not confirmed": """UPDATE contact_point p SET confirmed_at = NULL FROM delivery d
                                WHERE d.alert_id = $1 AND p.id = d.contact_point_id""",
}


@pytest.mark.parametrize(
    ("broken", "kind", "reason"),
    [
        ("alert closed", ReceiptKind.CANCELLED, Reason.ALERT_CLOSED),
        ("other version", ReceiptKind.CANCELLED, Reason.SUPERSEDED),
        ("expired", ReceiptKind.EXPIRED, Reason.EXPIRED),
        ("consent withdrawn", ReceiptKind.SUPPRESSED, Reason.CONSENT_WITHDRAWN),
        ("address replaced", ReceiptKind.SUPPRESSED, Reason.CONTACT_REPLACED),
        ("address not confirmed", ReceiptKind.SUPPRESSED, Reason.CONTACT_REPLACED),
    ],
)
async def test_what_may_not_be_handed_over_gets_a_verdict_and_stays_waiting(
    pool: Pool, broken: str, kind: ReceiptKind, reason: Reason
) -> None:
    situation = await waiting(pool)
    await pool.execute(BREAK[broken], situation.alert)

    claims = await situation.claimed()

    (verdict,) = claims.verdicts
    assert (verdict.id, verdict.kind, verdict.reason, verdict.fence) == (situation.ids[0], kind, reason, 0)
    assert (claims.taken, verdict.due_at) == ([], None)
    assert (await situation.row())["work"] == "waiting"


async def test_a_paused_channel_defers_until_the_pause_ends(pool: Pool) -> None:
    situation = await waiting(pool)
    until = await pauses.hold(
        pool, channel=Channel.EMAIL, route="*", reason=Reason.PROVIDER_UNREACHABLE, lasts=timedelta(minutes=1)
    )

    claims = await situation.claimed()
    await pauses.resume(pool, channel=Channel.EMAIL, route="*")

    (verdict,) = claims.verdicts
    assert (verdict.kind, verdict.due_at) == (ReceiptKind.DEFERRED, until)


async def test_an_expired_alert_gives_its_verdict_even_while_paused(pool: Pool) -> None:
    situation = await waiting(pool)
    await pool.execute(BREAK["expired"], situation.alert)
    await pauses.hold(
        pool, channel=Channel.EMAIL, route="*", reason=Reason.PROVIDER_UNREACHABLE, lasts=timedelta(minutes=1)
    )

    claims = await situation.claimed()
    await pauses.resume(pool, channel=Channel.EMAIL, route="*")

    assert [verdict.kind for verdict in claims.verdicts] == [ReceiptKind.EXPIRED]


async def test_a_claimed_row_gets_no_verdict(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed(token=1)
    await pool.execute(BREAK["alert closed"], situation.alert)

    claims = await situation.claimed(token=2)

    assert claims.verdicts == []


async def test_an_alert_without_deliveries_claims_nothing(pool: Pool) -> None:
    situation = await waiting(pool)
    empty = Situation(
        pool, situation.agency, await posted(pool, situation.agency), await open_session(pool, worker="x"), []
    )

    assert (await empty.claimed()).taken == []
