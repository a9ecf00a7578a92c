"""What providers report becomes receipts: once each, whatever the order."""

import asyncio
from uuid import uuid4

from tests.integration.alert_api.callback_client import STATUS, Providers, kept, receipts_of, status_of
from tests.support.callers import a_sid, told
from tests.support.eventually import eventually
from tests.support.phones import took
from tocsin_runtime.tokens import sign_callback
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool


async def test_a_report_becomes_a_receipt_of_its_fence(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = a_sid()

    answer = await providers.twilio(status_of(claimed), told(sid, "delivered"))

    assert answer.status == 204
    (receipt,) = await receipts_of(pool, claimed.id)
    assert (receipt["kind"], receipt["fence"], receipt["provider_ref"]) == ("delivered", claimed.fence, sid)
    assert (receipt["provider"], receipt["provider_status"]) == ("twilio", "delivered")


async def test_steps_on_the_way_are_told_of_too(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = a_sid()

    for status in ("sent", "delivered", "queued"):
        await providers.twilio(status_of(claimed), told(sid, status))

    kinds = [receipt["kind"] for receipt in await receipts_of(pool, claimed.id)]
    assert kinds == ["accepted", "delivered", "accepted"]


async def test_a_handset_that_is_off_is_tried_again_later(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    await providers.twilio(status_of(claimed), told(a_sid(), "undelivered", code="30003"))

    (receipt,) = await receipts_of(pool, claimed.id)
    assert (receipt["kind"], receipt["state"], receipt["reason"]) == ("failed", "sent", "handset_unreachable")
    assert receipt["due_at"] is not None
    assert receipt["provider_status"] == "undelivered 30003"


async def test_a_report_told_fifty_times_at_once_changes_what_one_does(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid, path = a_sid(), status_of(claimed)

    answers = await asyncio.gather(*(providers.twilio(path, told(sid, "delivered")) for _ in range(50)))
    again = await providers.twilio(path, told(sid, "delivered"))

    assert {answer.status for answer in [*answers, again]} == {204}
    assert len(await receipts_of(pool, claimed.id)) == 1
    assert len(await kept(pool, sid)) == 1


async def test_a_reference_that_is_not_ours_is_kept_until_the_message_is_known(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    forged = f"{STATUS}?r={sign_callback(b'another key' * 3, claimed.id, fence=claimed.fence)}"
    sid = a_sid()

    answer = await providers.twilio(forged, told(sid, "delivered"))

    assert answer.status == 204
    (row,) = await kept(pool, sid)
    assert row["delivery_id"] is None


async def test_a_report_told_again_with_its_reference_is_not_lost(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = a_sid()
    await providers.twilio(STATUS, told(sid, "delivered"))

    await asyncio.gather(
        providers.twilio(STATUS, told(sid, "delivered")),
        providers.twilio(status_of(claimed), told(sid, "delivered")),
    )

    assert len(await receipts_of(pool, claimed.id)) == 1
    assert [row["delivery_id"] for row in await kept(pool, sid)] == [claimed.id]


async def test_a_report_that_came_first_finds_its_delivery_later(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = a_sid()
    await providers.twilio(STATUS, told(sid, "sent"))
    await providers.twilio(STATUS, told(sid, "delivered"))

    await took(pool, delivery=claimed.id, fence=claimed.fence, ref=sid)

    async def joined() -> bool:
        return len(await receipts_of(pool, claimed.id)) == 2

    await eventually(joined)
    assert {row["delivery_id"] for row in await kept(pool, sid)} == {claimed.id}


async def test_a_message_that_is_known_needs_no_reference(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = await took(pool, delivery=claimed.id, fence=claimed.fence)

    await providers.twilio(STATUS, told(sid, "delivered"))

    assert len(await receipts_of(pool, claimed.id)) == 1


async def test_notify_reports_by_our_reference(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    reference = sign_callback(b"k" * 32, claimed.id, fence=claimed.fence)
    report = {"id": str(uuid4()), "reference": reference, "status": "permanent-failure", "to": "07700900001"}

    answer = await providers.notify("/callbacks/notify/status", report)

    assert answer.status == 204
    (receipt,) = await receipts_of(pool, claimed.id)
    assert (receipt["kind"], receipt["reason"]) == ("failed", "address_unknown")


async def test_a_report_that_blames_the_sender_holds_it(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    await providers.twilio(status_of(claimed), told(a_sid(), "undelivered", code="30018"))

    (receipt,) = await receipts_of(pool, claimed.id)
    agency = await pool.fetchval("SELECT agency_id FROM alert WHERE id = $1::uuid", receipt["alert_id"])
    held = await pool.fetchval("SELECT reason FROM pause WHERE route = $1", f"sender:{agency}")
    assert held == receipt["reason"]
    assert receipt["due_at"] is not None


async def test_what_is_counted_names_provider_and_status(providers: Providers) -> None:
    await providers.twilio(STATUS, told(a_sid(), "sent"))
    await providers.twilio(STATUS, told(a_sid(), "absurd"))
    await providers.twilio(STATUS, told(a_sid(), "sent"), token="another")

    shown = (await providers.api.client(None).get("/metrics")).text
    assert 'tocsin_callbacks_total{provider="twilio",status="sent"} 1.0' in shown
    assert 'tocsin_callbacks_total{provider="twilio",status="unknown"} 1.0' in shown
    assert 'tocsin_callbacks_unproven_total{kind="twilio"} 1.0' in shown
    assert 'route="/callbacks/twilio/status"' in shown
