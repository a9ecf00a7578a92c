"""What an answer means: every answer means one thing, and the whole table is written down."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from email_worker.smtp_outcomes import LOST, TABLE, Phase, enhanced_code, outcome_of
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason

GOLDEN = Path(__file__).parent / "smtp_outcomes.json"
ENHANCED = (
    None,
    "4.2.0", "4.2.1", "4.2.2", "4.3.1", "4.4.5", "4.5.3", "4.7.0", "4.7.1", "4.7.15",
    "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.7", "5.1.8", "5.1.10", "5.2.1", "5.2.2", "5.2.3", "5.3.4", "5.4.4",
    "5.5.1", "5.6.7", "5.7.1", "5.7.8", "5.7.17", "5.7.18", "5.7.20", "5.7.27", "5.7.30", "5.7.31",
)  # fmt: skip


def said(outcome: Outcome) -> str:
    return f"{outcome.of} {outcome.reason}" if outcome.reason else str(outcome.of)


def golden() -> dict[str, dict[str, list[str]]]:
    """Every phase: each meaning with the answers that have it; a hundred answers alike are one line."""
    table: dict[str, dict[str, list[str]]] = {}
    for phase in Phase:
        meanings = table.setdefault(phase.value, {})
        for enhanced in ENHANCED:
            for code in range(400, 600):
                meaning = said(outcome_of(phase, code=code, text=f"{enhanced or ''} no"))
                _join(meanings.setdefault(meaning, []), code, enhanced)
    return table


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
    assert outcome.provider_status == (f"{code} {enhanced}" if enhanced else str(code))


@given(phase=st.sampled_from(Phase), code=st.integers(200, 599), text=st.text(max_size=60))
def test_no_text_of_the_relay_gets_into_the_outcome(phase: Phase, code: int, text: str) -> None:
    status = outcome_of(phase, code=code, text=text).provider_status

    assert status in {str(code), f"{code} {enhanced_code(text)}"}


@given(st.integers(200, 299))
def test_the_final_dot_answered_positively_is_ok_and_only_that(code: int) -> None:
    assert outcome_of(Phase.FINAL_DOT, code=code, text="5.0.0 ok").of is OutcomeClass.OK
    for phase in set(Phase) - {Phase.FINAL_DOT}:
        assert outcome_of(phase, code=code, text="2.0.0 ok").of is not OutcomeClass.OK


@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.FINAL_DOT])
@pytest.mark.parametrize(
    ("code", "enhanced"), [(550, "4.7.1"), (451, "5.1.1"), (550, "2.1.5"), (450, "2.0.0")]
)
def test_digits_that_disagree_count_as_transient(phase: Phase, code: int, enhanced: str) -> None:
    assert outcome_of(phase, code=code, text=f"{enhanced} x").of is OutcomeClass.RETRY_SAFE


@pytest.mark.parametrize(
    ("phase", "code", "text", "of", "reason"),
    [
        (Phase.GREETING, 421, "4.3.2 busy", OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE),
        (Phase.GREETING, 554, "5.7.1 no", OutcomeClass.PAUSE, Reason.CONFIGURATION),
        (Phase.AUTH, 535, "5.7.8 wrong", OutcomeClass.PAUSE, Reason.CONFIGURATION),
        (Phase.MAIL, 550, "5.1.8 sender", OutcomeClass.PAUSE, Reason.SENDER_REFUSED),
        (Phase.MAIL, 452, "4.3.1 full", OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY),
        (Phase.MAIL, 552, "5.3.4 size", OutcomeClass.DEFECT, Reason.MESSAGE_TOO_BIG),
        (Phase.RCPT, 550, "5.1.1 who", OutcomeClass.SUPPRESS, Reason.ADDRESS_UNKNOWN),
        (Phase.RCPT, 550, "who", OutcomeClass.PERMANENT, Reason.ADDRESS_UNKNOWN),
        (Phase.RCPT, 556, "5.1.10 null", OutcomeClass.SUPPRESS, Reason.DOMAIN_UNREACHABLE),
        (Phase.RCPT, 451, "4.7.1 grey", OutcomeClass.RETRY_SAFE, Reason.GREYLISTED),
        (Phase.RCPT, 552, "5.2.2 full", OutcomeClass.RETRY_SAFE, Reason.MAILBOX_FULL),
        (Phase.RCPT, 550, "5.7.1 policy", OutcomeClass.PERMANENT, Reason.POLICY),
        (Phase.RCPT, 550, "5.7.17 new", OutcomeClass.SUPPRESS, Reason.OWNER_CHANGED),
        (Phase.DATA, 451, "later", OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY),
        (Phase.FINAL_DOT, 451, "4.7.1 later", OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY),
        (Phase.FINAL_DOT, 552, "5.3.4 long", OutcomeClass.DEFECT, Reason.MESSAGE_TOO_BIG),
        (Phase.FINAL_DOT, 554, "5.7.1 spam", OutcomeClass.PERMANENT, Reason.SPAM),
        (Phase.FINAL_DOT, 550, "5.7.26 dmarc", OutcomeClass.PAUSE, Reason.CONFIGURATION),
        (Phase.RCPT, 421, "closing", OutcomeClass.RETRY_SAFE, Reason.PROVIDER_BUSY),
        (Phase.DATA, 503, "5.5.1 order", OutcomeClass.DEFECT, Reason.MESSAGE_DEFECT),
    ],
)
def test_known_answers_mean_what_their_sources_say(
    phase: Phase, code: int, text: str, of: OutcomeClass, reason: Reason
) -> None:
    outcome = outcome_of(phase, code=code, text=text)

    assert (outcome.of, outcome.reason) == (of, reason)


def test_a_lost_connection_is_ambiguous_after_the_final_dot_only() -> None:
    ambiguous = {phase for phase, outcome in LOST.items() if outcome.of is OutcomeClass.AMBIGUOUS}

    assert ambiguous == {Phase.FINAL_DOT}
    assert set(LOST) == set(Phase)


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


def test_every_row_names_its_source() -> None:
    assert all(row.source for row in TABLE)
