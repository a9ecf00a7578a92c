"""Signed tokens: what we signed is read, nothing else is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_runtime.tokens import (
    Unsubscribe,
    read_return_path,
    read_seen,
    read_unsubscribe,
    sign_return_path,
    sign_seen,
    sign_unsubscribe,
)
from tocsin_schemas.words import Channel, Purpose

KEY = b"k" * 32
RIGHT = Unsubscribe(UUID(int=1), UUID(int=2), Purpose.RESEARCH, Channel.EMAIL)

rights = st.builds(Unsubscribe, st.uuids(), st.uuids(), st.sampled_from(Purpose), st.sampled_from(Channel))


@given(right=rights, key=st.binary(min_size=1, max_size=64))
def test_what_was_signed_is_read(right: Unsubscribe, key: bytes) -> None:
    token = sign_unsubscribe(key, right)

    assert read_unsubscribe([key], token) == right
    assert len(token) == 67


@given(right=rights, place=st.integers(0, 49), flip=st.integers(1, 255))
def test_an_altered_token_is_refused(right: Unsubscribe, place: int, flip: int) -> None:
    raw = bytearray(urlsafe_b64decode(sign_unsubscribe(KEY, right) + "="))
    raw[place] ^= flip

    assert read_unsubscribe([KEY], urlsafe_b64encode(raw).rstrip(b"=").decode()) is None


def test_a_token_of_another_key_is_refused() -> None:
    assert read_unsubscribe([b"x" * 32], sign_unsubscribe(KEY, RIGHT)) is None


@given(st.text())
def test_any_text_is_refused_without_an_exception(token: str) -> None:
    assert read_unsubscribe([KEY], token) is None
    assert read_return_path([KEY], token) is None
    assert read_seen([KEY], token) is None


@pytest.mark.parametrize("extra", ["=", "é", "!", " ", "\n", "A"])
def test_a_token_is_read_exactly(extra: str) -> None:
    assert read_unsubscribe([KEY], sign_unsubscribe(KEY, RIGHT) + extra) is None


def test_a_return_path_says_whose_bounce_it_is() -> None:
    delivery = uuid4()

    assert read_return_path([KEY], sign_return_path(KEY, delivery)) == delivery
    assert read_return_path([KEY], sign_return_path(KEY, delivery).upper()) == delivery


@pytest.mark.parametrize("mac", ["", "é", "0" * 16, "\u0661" * 16])
def test_a_return_path_with_another_signature_is_refused(mac: str) -> None:
    assert read_return_path([KEY], f"b-{uuid4().hex}-{mac}") is None


def test_a_return_path_in_digits_of_another_script_is_refused() -> None:
    assert read_return_path([KEY], "b-" + "\u0661" * 32 + "-" + "0" * 16) is None


def test_a_return_path_is_no_unsubscribe_token() -> None:
    assert read_unsubscribe([KEY], sign_return_path(KEY, uuid4())) is None


def test_what_a_former_key_signed_is_still_read() -> None:
    delivery, now_and_before = uuid4(), [b"n" * 32, KEY]

    assert read_unsubscribe(now_and_before, sign_unsubscribe(KEY, RIGHT)) == RIGHT
    assert read_return_path(now_and_before, sign_return_path(KEY, delivery)) == delivery


def test_a_link_of_the_first_release_is_read_as_it_was_meant() -> None:
    link = "AAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAIDAIroqkXu3aKqVwUsmCHXbUs"

    assert read_unsubscribe([KEY], link) == RIGHT


@given(delivery=st.uuids(), fence=st.integers(0, 2**31 - 1), key=st.binary(min_size=1, max_size=64))
def test_a_link_to_say_that_it_was_seen_names_one_attempt(delivery: UUID, fence: int, key: bytes) -> None:
    token = sign_seen(key, delivery, fence=fence)

    assert read_seen([key], token) == (delivery, fence)
    assert len(token) == 48


def test_a_token_works_for_its_own_use_alone() -> None:
    seen = sign_seen(KEY, uuid4(), fence=1)

    assert read_unsubscribe([KEY], seen) is None
    assert read_seen([KEY], sign_unsubscribe(KEY, RIGHT)) is None
    assert read_seen([b"x" * 32], seen) is None
    assert read_seen([KEY], seen + "A") is None
    assert read_seen([b"x" * 32, KEY], seen) is not None
