from random import Random

import pytest

from mail_door.meanings import RECEIPTS
from mail_door.reading import meaning_of
from tests.faults.channels.email import REPORTS, Told, drawn_reports
from tocsin_schemas.words import Reason

SENDER = "b-0123@bounces.example"
RECIPIENT = "numbat-1@homes.example"


@pytest.mark.parametrize("told", REPORTS, ids=lambda told: f"{told.status} {told.kind}")
def test_a_report_means_the_receipt_that_is_expected_of_it(told: Told) -> None:
    meaning = meaning_of(told.written(sender=SENDER, recipient=RECIPIENT))

    assert (RECEIPTS.get(meaning.kind), meaning.status) == (told.kind, told.status)


def test_one_kind_of_report_suppresses_at_the_first_strike() -> None:
    reasons = [meaning_of(told.written(sender=SENDER, recipient=RECIPIENT)).reason for told in REPORTS]

    assert reasons.count(Reason.DOMAIN_REFUSES_MAIL) == 1


def test_the_same_seed_draws_the_same_reports() -> None:
    first, second = (Random("7 bouncers") for _ in range(2))  # noqa: S311 - the same draws twice are the point

    drawn = [[*drawn_reports(random=first)] for _ in range(500)]

    assert drawn == [[*drawn_reports(random=second)] for _ in range(500)]
    assert {len(reports) for reports in drawn} == {1, 50}
