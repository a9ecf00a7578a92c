"""`tocsin deliveries`, `pauses` and `ledger` as an operator calls them, on a real ledger and a real log."""

import asyncio
import json
from collections.abc import Callable

import pytest

from tests.support.commands import Shell
from tests.support.databases import at
from tests.support.receipts import merged, told
from tests.support.world import Situation, emptied, waiting
from tocsin_schemas.words import ReceiptKind
from tocsin_store.pool import open_pool

Called = Callable[..., tuple[int, str, str]]


@pytest.fixture
def called(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kafka_bootstrap: str,
    database_url: str,
) -> Called:
    """Calls the command; returns its status and what it wrote."""
    shell = Shell(monkeypatch, capsys)

    def call(*arguments: str, database: str = database_url) -> tuple[int, str, str]:
        return shell.call(
            *arguments, TOCSIN_KAFKA_BOOTSTRAP_SERVERS=kafka_bootstrap, TOCSIN_DATABASE_URL=database
        )

    return call


@pytest.fixture
def situation(database_url: str) -> Situation:
    """Two deliveries; one was sent, one still waits. Its pool is closed: the command has loops of its own."""

    async def make() -> Situation:
        async with await open_pool(database_url, size=3, application_name="tests") as pool:
            await emptied(pool)
            situation = await waiting(pool, 2)
            await situation.claimed(ids=situation.ids[:1])
            await merged(pool, [told(situation, ReceiptKind.ACCEPTED, status="250 2.0.0")])
            return situation

    return asyncio.run(make())


def test_a_delivery_is_shown_without_its_address(called: Called, situation: Situation) -> None:
    status, out, _ = called("deliveries", "show", str(situation.ids[0]))

    assert status == 0
    assert f"alert      {situation.alert} version 1, email, wave 0" in out
    assert "state      sent" in out
    assert out.splitlines()[-1].split()[2:5] == ["accepted", "sent", "1"]
    assert "@" not in out
    timeline = json.loads(called("deliveries", "show", str(situation.ids[0]), "--json")[1])["timeline"]
    assert [(each["kind"], each["provider_status"]) for each in timeline] == [("accepted", "250 2.0.0")]


def test_a_hold_is_made_listed_and_ended(called: Called, situation: Situation) -> None:
    assert situation.ids
    assert called("pauses", "list")[1] == "Nothing is on hold.\n"

    made = called("pauses", "hold", "email", "Example.ORG", "--for", "PT10M")
    listed = json.loads(called("pauses", "list", "--json")[1])
    ended = called("pauses", "end", "email", "example.org")

    assert made[1].startswith("Holding email example.org until ")
    assert [(each["route"], each["reason"]) for each in listed] == [("example.org", "operator")]
    assert 500 < listed[0]["left"] <= 600
    assert ended[1] == "Ended the hold on email example.org; 0 deliveries go now.\n"
    assert called("pauses", "list", "--json")[1] == "[]\n"


def test_the_ledger_says_what_needs_an_operator(called: Called, situation: Situation) -> None:
    assert situation.ids

    status, out, err = called("ledger")
    data = json.loads(called("ledger", "--json")[1])

    assert (status, err) == (1, "")  # deliveries wait, and no worker is there
    assert "no email-worker is alive" in out
    assert data["unfinished"]["states"] == {"pending": 1, "sent": 1}
    assert data["log"] is not None


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (["deliveries", "show", "17"], 2, "ID: a delivery's id"),
        (["deliveries", "show", "01a1ff6c-94e0-8000-8e56-b99e9baca003"], 1, "There is no such delivery"),
        (["pauses", "hold", "email", "a@b.example", "--for", "PT1M"], 2, "ROUTE: a domain"),
        (["pauses", "hold", "pigeon", "b.example", "--for", "PT1M"], 2, "CHANNEL: one of email"),
        (["pauses", "hold", "email", "b.example", "--for", "1m"], 2, "--for: a duration"),
        (["pauses", "hold", "email", "b.example", "--for", "PT1M", "--reason", "x"], 2, "--reason: one of"),
        (["pauses", "end", "email", "b.example"], 1, "There is no hold on email b.example"),
    ],
)
def test_a_failure_is_one_line_that_says_what_to_do(
    called: Called, arguments: list[str], status: int, line: str
) -> None:
    ended, out, err = called(*arguments)

    assert (ended, out) == (status, "")
    assert line in err
    assert "a@b.example" not in err
    assert err.count("\n") == 1


def test_a_database_without_a_schema_says_so(called: Called, database_url: str) -> None:
    ended, _, err = called("ledger", database=at(database_url, database="postgres"))

    assert (ended, err) == (1, "tocsin: The database has no schema, or an old one: run `tocsin migrate`.\n")
