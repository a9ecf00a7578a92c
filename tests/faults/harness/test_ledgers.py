import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from tests.faults.channels.email import OUTSIDE
from tests.faults.evidence.ledgers import Entry, Ledgers, read_keys
from tests.faults.evidence.reading import read_history
from tests.faults.history import Accept, Answer, Asked, Callback, Injected, Leak, Reply, Snapshot, Withdrawal
from tocsin_schemas.words import Channel, Purpose, ReceiptKind, State

ONE, TWO = UUID(int=1), UUID(int=2)
BY_MAIL = (Channel.EMAIL, "smtp")
ANSWER = Answer(1.25, 2.5, "post", ONE, "key", 202, TWO)
ENTRIES: list[Entry] = [
    ANSWER,
    Answer(3.0, 4.0, "cancel", ONE, "key", 0),
    Answer(
        3.0,
        4.0,
        "post",
        ONE,
        "other",
        202,
        TWO,
        plan=(Asked((Channel.SMS,)), Asked((Channel.EMAIL,), 9, State.DELIVERED)),
    ),
    Callback(5.0, ONE, ReceiptKind.FAILED, "dsn 5.1.1"),
    Withdrawal(6.0, ONE, TWO, Purpose.PUBLIC_TASK, Channel.EMAIL),
    Reply(6.5, "SM1", "stop"),
    Snapshot(7.0, "metrics", ONE, 3, 2, {State.SENT: 1, State.PENDING: 1}, final=True),
    Injected("kill", 8.0, 9.5, {"name": "dispatcher", "seconds": 1.5, "times": 2, "hard": True}, domain="a"),
    Leak("a log", "name", "of *****"),
]
TABLES = (
    "alerts",
    "deliveries",
    "moves",
    "facts",
    "consents",
    "contacts",
    "suppressions",
    "paces",
    "steps",
    "households",
    "inbound",
    "reached_versions",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run whose database was empty."""
    dump = tmp_path / "dump"
    dump.mkdir()
    (dump / "about.json").write_text(json.dumps({"at": 9.0, "left": {"outbox": 1}}))
    for name in TABLES:
        (dump / f"{name}.csv").write_text("columns\n")
    return tmp_path


async def test_what_was_kept_is_read_as_it_was(folder: Path) -> None:
    ledgers = Ledgers(folder)

    await ledgers.keep(*ENTRIES[:3])
    await ledgers.keep(*ENTRIES[3:])

    history = read_history(folder)
    read = [
        *history.answers,
        *history.callbacks,
        *history.withdrawals,
        *history.replies,
        *history.snapshots,
        *history.faults,
        *history.leaks,
    ]
    assert read == ENTRIES
    assert (history.dump.at, history.dump.left) == (9.0, {"outbox": 1})


def test_ledgers_that_were_never_begun_are_empty(folder: Path) -> None:
    history = read_history(folder)

    assert (history.answers, history.accepts, history.faults) == ([], [], [])


async def test_a_line_that_a_crash_cut_short_is_ignored(folder: Path) -> None:
    await Ledgers(folder).keep(ANSWER, replace(ANSWER, key="torn"))
    path = folder / "clients.jsonl"
    path.write_bytes(path.read_bytes()[:-7])

    answers = read_history(folder).answers

    assert answers == [ANSWER]


def test_a_provider_s_ledger_is_read_as_its_channel_says(folder: Path) -> None:
    log = folder / "as the provider has it"
    log.write_text(
        "#\t7\n"
        f"2.5\t<{ONE}@bounces.example>\tb-1@bounces.example\ta@homes.example,b@homes.example\t99\t8\n"
        f"3.5\t<{TWO}@bounces.example>\tb-2@bounces.example\tc@homes.example\t99\t9\t3.25\n"
        f"4.5\t<{TWO}@boun"
    )

    Ledgers(folder).keep_copy(log, name=OUTSIDE.ledger.copy)

    assert read_history(folder).accepts == [
        Accept(2.5, 2.5, ONE, "a@homes.example", *BY_MAIL),
        Accept(2.5, 2.5, ONE, "b@homes.example", *BY_MAIL),
        Accept(3.5, 3.25, TWO, "c@homes.example", *BY_MAIL),
    ]


def test_secrets_that_were_noted_can_be_looked_for(tmp_path: Path) -> None:
    Ledgers(tmp_path).keep_keys(["one", "two"])

    keys = read_keys(tmp_path)

    assert keys == ["one", "two"]
