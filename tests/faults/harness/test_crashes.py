"""A service that ends by an error of its own is found in its log."""

from dataclasses import replace

from tests.faults.evidence.crashes import crashes_in
from tests.faults.harness.histories import broken, history
from tests.faults.history import Crash

TOLD = '{"causes": ["KeyError at serve:12"], "event": "crashed", "service": "dispatcher"}'
DIED = "Traceback (most recent call last):"
QUIET = '{"event": "task_failed", "exception": "Traceback (most recent call last):\\n"}'


def test_its_own_last_words_and_those_of_the_interpreter_are_found() -> None:
    found = list(crashes_in("dispatcher", f"{QUIET}\n{TOLD}\n{QUIET}\n{DIED}"))

    assert found == [Crash("dispatcher", TOLD), Crash("dispatcher", DIED)]


def test_a_crash_is_a_finding() -> None:
    run = replace(history(), crashes=[Crash("dispatcher", DIED)])

    assert broken(run) == {"I9 a service crashed"}
