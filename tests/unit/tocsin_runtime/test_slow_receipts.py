"""Who is put on hold for its silence: every slow one, but the best where nobody else would be left."""

from tocsin_runtime.delivery.slow_receipts import slow
from tocsin_store.provider_health import Silence

QUIET, WORSE, WELL, FEW = (
    Silence("a", 100, 40),
    Silence("b", 100, 90),
    Silence("b", 100, 5),
    Silence("a", 10, 10),
)


def chosen(*found: Silence, free: tuple[str, ...] = ("a", "b")) -> list[str]:
    return slow(found, free=free, least=20, share=0.3)


def test_one_that_is_silent_is_chosen() -> None:
    assert chosen(QUIET, WELL) == ["a"]


def test_of_two_silent_ones_the_better_goes_on() -> None:
    assert chosen(QUIET, WORSE) == ["b"]


def test_the_last_one_that_is_free_goes_on() -> None:
    assert chosen(QUIET, free=("a",)) == []


def test_few_texts_say_nothing() -> None:
    assert chosen(FEW, WELL) == []


def test_one_that_is_held_already_is_not_chosen_again() -> None:
    assert chosen(QUIET, WELL, free=("b",)) == []


def test_a_provider_that_took_nothing_is_not_slow() -> None:
    assert chosen() == []
