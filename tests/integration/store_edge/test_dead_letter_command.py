"""`tocsin dead-letters` as an operator calls it."""

import asyncio
import json
from collections.abc import Callable

import pytest

from tests.support.commands import Shell
from tests.support.letters import buried
from tests.support.topics import a_topic, values_on

Called = Callable[..., tuple[int, str, str]]


@pytest.fixture
def called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kafka_bootstrap: str
) -> Called:
    """Calls the command; returns its status and what it wrote."""
    shell = Shell(monkeypatch, capsys)

    def call(*arguments: str, kafka: str = kafka_bootstrap) -> tuple[int, str, str]:
        return shell.call("dead-letters", *arguments, TOCSIN_KAFKA_BOOTSTRAP_SERVERS=kafka)

    return call


def test_a_letter_is_listed_shown_and_put_back(called: Called, kafka_bootstrap: str) -> None:
    topic = asyncio.run(a_topic(kafka_bootstrap))
    asyncio.run(buried(kafka_bootstrap, topic, [b"\x1b[31mspoilt\xff"]))

    status, listed, _ = called("list", "--topic", topic.name)
    row, counts = listed.splitlines()
    letter = row.split()[0]
    assert (status, counts) == (0, "1 found, 1 not replayed, 1 shown.")
    assert f"{topic.name}/0/0" in row
    assert "Receipt: id: missing" in row

    _, shown, _ = called("show", letter)
    assert "spoilt" not in shown
    _, shown, _ = called("show", letter, "--value")
    assert "\\x1b[31mspoilt\\xff" in shown

    assert called("replay", letter)[:2] == (0, "Put back 1.\n")
    assert called("replay", "--all", "--topic", topic.name)[:2] == (0, "Put back 0.\n")
    assert asyncio.run(values_on(kafka_bootstrap, topic)) == [b"\x1b[31mspoilt\xff"] * 2
    data = json.loads(called("show", letter, "--json")[1])
    assert (data["id"], data["replayed"], data["letter"]["topic"]) == (letter, True, topic.name)


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (["show", "17"], 2, "ID: partition/offset"),
        (["show", "0/999999999"], 1, "There is no letter 0/999999999"),
        (["replay"], 2, "Name letters, or say --all"),
        (["replay", "0/1", "--all"], 2, "Name letters, or say --all"),
        (["list", "--since", "yesterday"], 2, "--since"),
        (["list", "--limit", "0"], 2, "--limit"),
    ],
)
def test_a_failure_is_one_line_that_says_what_to_do(
    called: Called, arguments: list[str], status: int, line: str
) -> None:
    ended, out, err = called(*arguments)

    assert (ended, out) == (status, "")
    assert line in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["list"], ["show", "0/0"], ["replay", "--all"]])
def test_a_kafka_that_is_down_is_one_line(called: Called, arguments: list[str]) -> None:
    ended, _, err = called(*arguments, kafka="127.0.0.1:1")

    assert ended == 1
    assert "Is TOCSIN_KAFKA_BOOTSTRAP_SERVERS right" in err
    assert err.count("\n") == 1
