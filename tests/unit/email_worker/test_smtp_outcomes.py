"""What an answer means: every answer means one thing, and the whole table is written down."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from email_worker.smtp_outcomes import GARBLED, LOST, enhanced_code, outcome_of
from email_worker.smtp_table import ENVELOPE, TABLE, Phase, row_for
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope

GOLDEN = Path(__file__).parent / "smtp_outcomes.json"
ENHANCED = (
    None,
    "2.1.5",
    "4.2.0", "4.2.1", "4.2.2", "4.3.1", "4.4.1", "4.4.5", "4.5.3", "4.7.0", "4.7.1", "4.7.12", "4.7.15",
    "5.0.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.7", "5.1.8", "5.1.10", "5.2.1", "5.2.2", "5.2.3", "5.3.2",
    "5.3.4", "5.4.4", "5.5.1", "5.6.0", "5.6.7", "5.7.1", "5.7.8", "5.7.17", "5.7.18", "5.7.20", "5.7.25", "5.7.27",
    "5.7.30", "5.7.31",
)  # fmt: skip


def said(outcome: Outcome) -> str:
    lasts = f"{outcome.lasts.total_seconds():.0f}s" if outcome.lasts else None
    return " ".join(filter(None, (outcome.of, outcome.reason, outcome.scope, lasts)))


def golden() -> dict[str, dict[str, list[str]]]:
    """Every phase: each meaning with the answers that have it; a hundred answers alike are one line."""
    table: dict[str, dict[str, list[str]]] = {}
    for phase in Phase:
        meanings = table.setdefault(phase.value, {})
        for enhanced in ENHANCED:
            for code in _codes(enhanced):
                meaning = said(outcome_of(phase, code=code, text=f"{enhanced or ''} no"))
                _join(meanings.setdefault(meaning, []), code, enhanced)
    return table


def _codes(enhanced: str | None) -> range:
    return range(200 if enhanced is None else 400, 600)


def _join(answers: list[str], code: int, enhanced: str | None) -> None:
    """Add an answer to the last run of codes if it follows it."""
    mark = f" {enhanced}" if enhanced else ""
    first, _, last = answers[-1].removesuffix(mark).partition("-") if answers else ("", "", "")
    if answers and answers[-1].endswith(mark) and (last or first) == str(code - 1):
        answers[-1] = f"{first}-{code}{mark}"
    else:
        answers.append(f"{code}{mark}")


def test_the_whole_table_is_as_written_down() -> None:
    assert golden() == json.loads(GOLDEN.read_text())


@given(phase=st.sampled_from(Phase), code=st.integers(200, 599), enhanced=st.sampled_from(ENHANCED))
def test_every_answer_has_one_meaning(phase: Phase, code: int, enhanced: str | None) -> None:
    outcome = outcome_of(phase, code=code, text=f"{enhanced or ''} whatever it says")

    assert outcome.of in OutcomeClass
    assert (outcome.of is OutcomeClass.OK) == (outcome.reason is None)
    assert outcome.provider_status == (f"{code} {enhanced}" if enhanced else str(code))


@given(code=st.integers(200, 599), enhanced=st.sampled_from(ENHANCED))
def test_before_the_envelope_every_answer_pauses_the_relay(code: int, enhanced: str | None) -> None:
    for phase in set(Phase) - set(ENVELOPE):
        outcome = outcome_of(phase, code=code, text=f"{enhanced or ''} no")

        assert (outcome.of, outcome.scope) == (OutcomeClass.PAUSE, Scope.CHANNEL)


@given(phase=st.sampled_from(Phase), code=st.integers(200, 599), enhanced=st.sampled_from(ENHANCED))
def test_a_pause_and_a_defect_say_what_they_hold(phase: Phase, code: int, enhanced: str | None) -> None:
    outcome = outcome_of(phase, code=code, text=f"{enhanced or ''} no")

    assert outcome.of is not OutcomeClass.PAUSE or outcome.scope in {Scope.CHANNEL, Scope.SENDER, Scope.ROUTE}
    assert outcome.of is not OutcomeClass.DEFECT or outcome.scope is Scope.ALERT


@given(code=st.integers(200, 599), enhanced=st.sampled_from(ENHANCED))
def test_what_is_said_of_a_recipient_stops_neither_alert_nor_sender(code: int, enhanced: str | None) -> None:
    outcome = outcome_of(Phase.RCPT, code=code, text=f"{enhanced or ''} no")

    assert outcome.scope not in {Scope.ALERT, Scope.SENDER}


@given(phase=st.sampled_from(Phase), code=st.integers(200, 599), text=st.text(max_size=60))
def test_no_text_of_the_relay_gets_into_the_status(phase: Phase, code: int, text: str) -> None:
    status = outcome_of(phase, code=code, text=text).provider_status

    assert status in {str(code), f"{code} {enhanced_code(text)}"}


@given(phase=st.sampled_from(Phase), code=st.integers(200, 599), text=st.text(max_size=600))
def test_of_the_answer_one_short_printable_line_is_kept(phase: Phase, code: int, text: str) -> None:
    outcome = outcome_of(phase, code=code, text=text)

    answer = outcome.answer or str(code)  # an accepted message keeps no words
    assert (outcome.answer is None) == (outcome.of is OutcomeClass.OK)
    assert answer.startswith(str(code))
    assert len(answer) <= 300
    assert answer.isprintable()


@given(st.integers(200, 299))
def test_the_final_dot_answered_positively_is_ok_and_only_that(code: int) -> None:
    assert outcome_of(Phase.FINAL_DOT, code=code, text="5.0.0 ok").of is OutcomeClass.OK
    for phase in set(Phase) - {Phase.FINAL_DOT}:
        assert outcome_of(phase, code=code, text="2.0.0 ok").of is not OutcomeClass.OK


@pytest.mark.parametrize("phase", ENVELOPE)
@pytest.mark.parametrize(
    ("code", "enhanced"), [(550, "4.7.1"), (451, "5.1.1"), (550, "2.1.5"), (450, "2.0.0"), (550, "4.1.2")]
)
def test_digits_that_disagree_count_as_transient(phase: Phase, code: int, enhanced: str) -> None:
    assert outcome_of(phase, code=code, text=f"{enhanced} x").of is OutcomeClass.RETRY_SAFE


def test_a_lost_connection_is_ambiguous_after_the_final_dot_only() -> None:
    for table in (LOST, GARBLED):
        ambiguous = {phase for phase, outcome in table.items() if outcome.of is OutcomeClass.AMBIGUOUS}

        assert ambiguous == {Phase.FINAL_DOT}
        assert set(table) == set(Phase)


def test_who_keeps_us_waiting_for_a_recipient_is_its_domain_who_talks_nonsense_is_the_relay() -> None:
    assert LOST[Phase.RCPT].scope is Scope.ROUTE
    assert GARBLED[Phase.RCPT].scope is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 who", "5.1.1"),
        ("5.1.1", "5.1.1"),
        ("5.1.1-who", None),
        ("x 5.1.1", None),
        ("3.1.1 x", None),
        ("", None),
    ],
)
def test_an_enhanced_code_stands_at_the_beginning(text: str, code: str | None) -> None:
    assert enhanced_code(text) == code


def test_every_row_names_its_source_and_a_pause_what_it_holds() -> None:
    for row in TABLE:
        assert row.source
        assert row.of not in {OutcomeClass.PAUSE, OutcomeClass.DEFECT} or row.scope
        assert row.lasts is None or row.lasts > timedelta(0)


def test_every_row_is_reached() -> None:
    reached = {
        row_for(phase, code=str(code), enhanced=enhanced)
        for phase in Phase
        for enhanced in ENHANCED
        for code in _codes(enhanced)
    }

    assert [row for row in TABLE if row not in reached] == []


def test_an_answer_no_row_names_is_counted() -> None:
    labels = {"channel": "email", "phase": "rcpt", "code": "577"}
    before = REGISTRY.get_sample_value("tocsin_unknown_provider_code_total", labels) or 0

    outcome_of(Phase.RCPT, code=577, text="?")

    assert REGISTRY.get_sample_value("tocsin_unknown_provider_code_total", labels) == before + 1
