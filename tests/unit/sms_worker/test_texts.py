"""One member's text: the same words for all, a reference of its own, and never beyond the expiry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from sms_worker.provider import Outgoing
from sms_worker.texts import Texts
from tests.support.batches import a_batch
from tests.support.sms_channels import ADA, SENDER, a_claim, a_text, sms_settings, twilio
from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass, Scope
from tocsin_runtime.tokens import read_callback
from tocsin_schemas.words import Reason
from tocsin_store.claim import ClaimedDelivery

SETTINGS = sms_settings(twilio("http://127.0.0.1:1"), sms_prices={"GB": "0.0463"})
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=10)


def made(claimed: ClaimedDelivery, *, expires_at: datetime = SOON, **changes: object) -> Outgoing | Outcome:
    batch = a_batch([claimed], content=a_text(expires_at=expires_at, **changes))
    return Texts(SETTINGS).outgoing(batch, claimed, now=NOW)


def of(batch: Batch) -> Outgoing:
    text = Texts(SETTINGS).outgoing(batch, batch.deliveries[0], now=NOW)
    assert isinstance(text, Outgoing)
    return text


def test_a_text_is_ready_to_go() -> None:
    claimed = a_claim(fence=3)

    text = made(claimed)

    assert isinstance(text, Outgoing)
    assert (text.to, text.sender, text.valid_for, text.segments, text.cost) == (ADA, SENDER, 600, 1, 463)
    assert text.body.startswith("Flood\nThe river rises.")
    assert read_callback([b"k" * 32], text.reference or "") == (claimed.id, 3)


def test_nothing_of_a_member_stands_in_it() -> None:
    ada, bob = replace(a_claim(), name="Ada"), replace(a_claim(), name="Bob")

    first, second = (made(claimed) for claimed in (ada, bob))

    assert isinstance(first, Outgoing)
    assert isinstance(second, Outgoing)
    assert first.body == second.body


def test_an_agency_without_a_sender_waits_for_one() -> None:
    outcome = made(a_claim(), sms_from=None)

    assert outcome == Outcome(OutcomeClass.PAUSE, Reason.SENDER_REFUSED, scope=Scope.SENDER)


def test_a_country_that_is_not_allowed_is_refused_and_counted() -> None:
    before = REGISTRY.get_sample_value("tocsin_refused_countries_total", {"region": "FR"}) or 0

    outcome = made(a_claim("+33612345678"))

    assert outcome == Outcome(OutcomeClass.PERMANENT, Reason.COUNTRY_REFUSED)
    assert REGISTRY.get_sample_value("tocsin_refused_countries_total", {"region": "FR"}) == before + 1


@pytest.mark.parametrize("left", [timedelta(seconds=0.9), timedelta(), timedelta(seconds=-5)])
def test_what_expires_now_is_not_begun(left: timedelta) -> None:
    outcome = made(a_claim(), expires_at=NOW + left)

    assert isinstance(outcome, Outcome)
    assert outcome.of is OutcomeClass.LATE


def test_a_broken_alert_stops_itself() -> None:
    outcome = made(a_claim(), body={"status": "actual", "info": []})

    assert outcome == Outcome(OutcomeClass.DEFECT, Reason.RENDERING, scope=Scope.ALERT)


def test_an_earlier_attempt_is_sought_under_every_fence_it_may_have_had() -> None:
    claimed = replace(a_claim(fence=4), id=UUID("01936a7e-0000-8000-8000-000000000000"))
    batch = a_batch([claimed], content=a_text(expires_at=SOON))

    sought = Texts(SETTINGS).sought(batch, claimed)

    assert sought is not None
    assert [read_callback([b"k" * 32], reference) for reference in sought.references] == [
        (claimed.id, fence) for fence in (3, 2, 1)
    ]
    assert (sought.to, sought.sender, sought.body) == (ADA, SENDER, of(batch).body)
    assert sought.since == datetime(2024, 11, 26, 22, 1, 2, 720_000, tzinfo=UTC)


def test_where_nothing_can_have_been_sent_nothing_is_sought() -> None:
    claimed = a_claim(fence=2)

    assert Texts(SETTINGS).sought(a_batch([claimed], content=a_text(sms_from=None)), claimed) is None
