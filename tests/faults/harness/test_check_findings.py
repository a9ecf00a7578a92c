"""What a report gets: few findings of a rule, with their stories, and the run in numbers."""

from dataclasses import replace

import pytest

from tests.faults.checker import KEPT, check, summary
from tests.faults.checks.spans import Spans
from tests.faults.checks.summing import OfKind
from tests.faults.harness.histories import POSTED, Row, fault, history, large, rows
from tests.faults.history import Leak
from tocsin_schemas.words import ReceiptKind


def test_a_finding_tells_the_story_of_its_delivery() -> None:
    refused = Row.born(3, at=POSTED).claimed(POSTED + 1).accepted(POSTED + 1.3)
    refused = refused.refused(POSTED + 2, due_at=POSTED + 9).ended(POSTED + 5, ReceiptKind.EXPIRED)
    struck = fault("kill worker", began=POSTED + 6, ended=POSTED + 8)
    later = fault(began=POSTED + 7.1, ended=POSTED + 8)
    run = replace(history([*rows()[:2], refused]), faults=[struck, later])

    found = {finding.rule: finding for finding in check(run)}

    assert found["refused although accepted"].timeline == [
        "+0.000 born: pending, waiting, fence 0",
        "+1.000 claimed: pending, claimed, fence 1",
        "+1.200 provider: its envelope came",
        "+1.300 provider: accepted",
        "+2.000 fact of fence 1: refused relay, due after 7.0 s",
        "+2.100 row: pending, waiting, fence 1",
        "+5.000 row: expired, none, fence 1",
        "+5.000 fact of fence 1: expired relay",
        "+6.000 fault: kill worker",
        "+8.000 fault over: kill worker",
    ]


def test_of_many_findings_of_a_rule_the_first_are_kept_and_the_rest_are_counted() -> None:
    leaks = [Leak("a.log", "name", "****")] * (KEPT + 7)
    run = replace(history(), leaks=leaks)

    found = check(run)

    assert len(found) == KEPT + 1
    assert sum(finding.more for finding in found) == 7
    assert summary(run, found).by_invariant == {"I8": KEPT + 7}


def test_findings_come_by_invariant() -> None:
    run = replace(history(rows()[:2]), leaks=[Leak("a.log", "name", "****")])

    assert [finding.invariant for finding in check(run)] == ["I1", "I8"]


def test_a_run_in_numbers() -> None:
    resent = Row.born(3).claimed(POSTED + 1).accepted(POSTED + 1.3).unknown(POSTED + 2, due_at=POSTED + 32)
    run = history([*rows()[:2], resent.sent(POSTED + 33)])
    run = replace(
        run,
        faults=[fault(began=POSTED - 9, ended=POSTED), fault("pause", began=POSTED + 30, ended=POSTED + 40)],
    )

    found = summary(run, [])

    assert (found.deliveries, found.faults, found.duplicates, found.ambiguous) == (3, 2, 1, 1)
    assert (found.lost, found.overruns) == (0, 0)
    assert found.recovery_max == found.recovery_p50 == pytest.approx(1.3)
    assert found.by_kind == {"kill": OfKind(1, 0), "pause": OfKind(1, 0)}


def test_a_finding_belongs_to_the_faults_that_were_there_or_had_just_been() -> None:
    refused = Row.born(3).claimed(POSTED + 1).accepted(POSTED + 1.3)
    refused = refused.refused(POSTED + 2, due_at=POSTED + 9).ended(POSTED + 5, ReceiptKind.EXPIRED)
    faults = [
        fault("before", began=POSTED - 19, ended=POSTED - 9),
        fault("there", began=POSTED - 9, ended=POSTED + 1),
        fault("after", began=POSTED + 2, ended=POSTED + 3),
    ]
    run = replace(history([*rows()[:2], refused]), faults=faults)

    found = summary(run, check(run))

    assert {kind: of.findings for kind, of in found.by_kind.items()} == {"before": 0, "there": 2, "after": 0}


def test_a_gap_is_what_no_span_covers() -> None:
    spans = Spans.of([(30, 40), (10, 20), (15, 25)])

    assert (spans.begins, spans.ends) == ([10, 30], [25, 40])
    assert spans.longest_gap(0, 50) == 10
    assert spans.longest_gap(12, 32) == 5
    assert spans.longest_gap(31, 39) == 0
    assert (spans.begin_of(25), spans.begin_of(26), spans.begin_of(5)) == (10, None, None)


@pytest.mark.timeout(60)
def test_a_large_run_is_read_without_looking_at_everything_for_everyone() -> None:
    assert check(large(3_000)) == []
