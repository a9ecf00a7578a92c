"""What may become of texts and not of email: they are looked up, and fail after they were accepted."""

from collections.abc import Sequence
from dataclasses import replace

from tests.faults.harness.histories import END, POSTED, Row, altered, broken, history, rows, the_alert
from tests.faults.history import Callback
from tocsin_schemas.words import Channel, ReceiptKind, Severity, State

FAILED, SENT, UNKNOWN = ReceiptKind.FAILED, State.SENT, ReceiptKind.UNKNOWN


def a_text() -> Row:
    return Row.born(3, channel=Channel.SMS)


def handed_over(row: Row, at: float, *, provider: str = "twilio") -> Row:
    """Claimed and accepted; nobody has said so yet."""
    return row.claimed(at).accepted(at + 0.3, provider=provider, fence=row.row.fence + 1)


def failed_later(row: Row, at: float, *, due_at: float) -> Row:
    """It had been sent; then its carrier says that it did not arrive, and it waits."""
    row = row.told(at, FAILED, due_at=due_at, status="undelivered 30003")
    return row.moved(at + 0.1, state=SENT, work="waiting")


def failed_for_good(row: Row, at: float) -> Row:
    """Its carrier has a fault, and nothing follows."""
    row = row.told(at, FAILED, status="undelivered 30008", reason="carrier_fault")
    return row.moved(at + 0.1, state=State.FAILED, work="none")


def looked_up(row: Row, at: float) -> Row:
    """Asked after, and not found."""
    return row.claimed(at).told(at + 1, ReceiptKind.REFUSED, due_at=at + 1, reason="not_found")


def found_with(
    third: Row, callbacks: Sequence[Callback] = (), *, severity: Severity = Severity.SEVERE
) -> set[str]:
    run = history([*rows()[:2], third])
    run = altered(run, alert=replace(the_alert(run), severity=severity))
    return broken(replace(run, callbacks=callbacks))


def sent(row: Row, at: float, *, provider: str = "twilio") -> Row:
    row = handed_over(row, at, provider=provider).told(at + 0.4, ReceiptKind.ACCEPTED)
    return row.moved(at + 0.5, state=SENT, work="none")


def test_a_text_that_failed_after_it_was_accepted_is_tried_again_by_another_provider() -> None:
    row = failed_later(sent(a_text(), POSTED + 1), POSTED + 9, due_at=POSTED + 20)

    assert found_with(sent(row, POSTED + 21, provider="notify")) == set()
    assert found_with(sent(row, POSTED + 12)) == {"I2 claimed too early"}


def test_an_ambiguous_text_is_sent_again_only_where_it_must() -> None:
    row = handed_over(a_text(), POSTED + 1).unknown(POSTED + 5, due_at=POSTED + 35)
    row = sent(row, POSTED + 36)

    assert found_with(row) == set()
    assert found_with(row, severity=Severity.MINOR) == {"I2 accepted too often"}


def test_what_a_provider_took_it_finds() -> None:
    row = handed_over(a_text(), POSTED + 1).unknown(POSTED + 5, due_at=POSTED + 35)
    row = looked_up(row, POSTED + 36).moved(POSTED + 37, work="waiting")

    assert found_with(sent(row, POSTED + 38)) == {"I2 looked up and not found"}


def test_an_attempt_that_was_told_to_have_failed_is_not_looked_for() -> None:
    row = failed_later(sent(a_text(), POSTED + 1), POSTED + 9, due_at=POSTED + 20).claimed(POSTED + 21)
    row = row.told(POSTED + 22, UNKNOWN, due_at=POSTED + 52).moved(POSTED + 22, work="waiting")
    row = looked_up(row, POSTED + 53)

    assert found_with(sent(row.moved(POSTED + 54, work="waiting"), POSTED + 55)) == set()


def test_a_text_does_not_go_through_two_providers_at_once() -> None:
    row = handed_over(a_text(), POSTED + 1).accepted(POSTED + 1.5, provider="notify", fence=1)
    row = row.told(POSTED + 2, ReceiptKind.ACCEPTED).moved(POSTED + 2, state=SENT, work="none")

    assert "I2 through both providers" in found_with(row)


def test_a_text_that_names_its_claim_belongs_to_no_other() -> None:
    row = a_text().claimed(POSTED + 1).accepted(POSTED + 1.3, fence=2).told(POSTED + 2, ReceiptKind.ACCEPTED)

    assert "I4 sent without a claim" in found_with(row.moved(POSTED + 2, state=SENT, work="none"))


def test_what_nobody_could_look_up_is_not_given_up_before_it_was_asked_for() -> None:
    row = handed_over(a_text(), POSTED + 1).unknown(POSTED + 5, due_at=None)

    assert found_with(row, severity=Severity.MINOR) == {"I1 given up early"}
    again = row.moved(POSTED + 6, work="waiting").claimed(POSTED + 36).unknown(POSTED + 37, due_at=None)
    assert "I1 given up early" not in found_with(again, severity=Severity.MINOR)


def test_a_report_counts_for_the_attempt_that_it_names() -> None:
    row = sent(a_text(), POSTED + 1).told(POSTED + 5, ReceiptKind.DELIVERED, status="delivered")
    row = row.moved(POSTED + 5, state=State.DELIVERED, work="none")
    report = Callback(POSTED + 5, row.row.id, ReceiptKind.DELIVERED, "delivered", fence=1)

    assert found_with(row, [report]) == set()
    assert found_with(row, [replace(report, fence=2)]) == {"I5 callback lost"}


def test_a_report_that_nobody_could_join_is_not_lost() -> None:
    report = Callback(POSTED + 5, a_text().row.id, ReceiptKind.DELIVERED, "delivered", by_ref=True)
    row = handed_over(a_text(), POSTED + 1).unknown(POSTED + 5, due_at=None)

    assert "I5 callback lost" not in found_with(row, [report])
    assert "I5 callback lost" in found_with(sent(a_text(), POSTED + 1), [report])


def test_a_forged_report_changes_nothing() -> None:
    row = sent(a_text(), POSTED + 1)
    forged = Callback(POSTED + 5, row.row.id, FAILED, "undelivered 30007", forged=True)

    assert found_with(row, [forged]) == set()
    believed = row.told(POSTED + 6, FAILED, status="undelivered 30007").moved(
        POSTED + 6, state=State.FAILED, work="none"
    )
    assert found_with(believed, [forged]) == {"I5 forgery believed"}


def test_a_failure_that_is_told_twice_counts_once() -> None:
    row = failed_later(sent(a_text(), POSTED + 1), POSTED + 9, due_at=POSTED + 20)
    row = row.told(POSTED + 10, FAILED, due_at=POSTED + 21, status="undelivered 30003")

    assert "I5 fact counted twice" in found_with(sent(row, POSTED + 22))


def test_a_carrier_s_fault_passes_while_the_alert_lasts() -> None:
    early = failed_for_good(sent(a_text(), POSTED + 1), POSTED + 9)
    late = failed_for_good(sent(a_text(), END - 20), END - 10)

    assert found_with(early) == {"I1 never tried again"}
    assert "I1 never tried again" not in found_with(late)
    assert "I1 never tried again" in found_with(late, severity=Severity.EXTREME)
