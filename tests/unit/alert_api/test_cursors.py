"""Cursors: opaque, of one list, and nothing else is taken for one."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_api.cursors import id_cursor, position_cursor, read_id_cursor, read_position_cursor
from alert_api.problems import Problem
from tocsin_store.timeline import Position

xids = st.integers(min_value=0, max_value=2**63 - 1)
ordinals = st.integers(min_value=0, max_value=2**31 - 1)


@given(st.uuids())
def test_an_id_comes_back(given_id: UUID) -> None:
    assert read_id_cursor(id_cursor(given_id)) == given_id


@given(xids, ordinals)
def test_a_position_comes_back(xid: int, ordinal: int) -> None:
    assert read_position_cursor(position_cursor(Position(xid, ordinal))) == Position(xid, ordinal)


def test_no_cursor_is_the_beginning() -> None:
    assert read_id_cursor(None) is None
    assert read_position_cursor(None) == Position(0, 0)


@given(st.text(max_size=40))
def test_anything_else_is_refused(text: str) -> None:
    for read in (read_id_cursor, read_position_cursor):
        with pytest.raises(Problem, match="cursor"):
            read(text)


def test_another_lists_cursor_is_refused() -> None:
    with pytest.raises(Problem):
        read_position_cursor(id_cursor(UUID(int=7)))
    with pytest.raises(Problem):
        read_id_cursor(position_cursor(Position(7, 7)))


@pytest.mark.parametrize("raw", ["Av__________AAAAAA", "AgAAAAAAAAAA_____w"])
def test_numbers_the_database_cannot_hold_are_refused(raw: str) -> None:
    with pytest.raises(Problem):
        read_position_cursor(raw)
