"""The closed lists fit each other."""

from tocsin_schemas.words import RANK, STATE_OF, ReceiptKind, State


def test_every_state_has_a_rank() -> None:
    assert set(RANK) == set(State)


def test_every_kind_of_receipt_supports_a_state() -> None:
    assert set(STATE_OF) == set(ReceiptKind)


def test_terminal_states_rank_alike_below_positive_evidence() -> None:
    terminal = {RANK[state] for state in (State.FAILED, State.EXPIRED, State.CANCELLED, State.SUPPRESSED)}

    assert terminal == {4}
    assert RANK[State.SENT] < 4 < RANK[State.DELIVERED] < RANK[State.ACKNOWLEDGED]
