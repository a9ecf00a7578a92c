"""What needs an operator, and how it is shown."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin_cli.ledger_report import Log, Report
from tocsin_cli.ledger_rules import needs
from tocsin_cli.ledger_text import data, lines
from tocsin_schemas.words import Channel, Lane, Reason, State
from tocsin_store.operations import CAP, Backlog, Crew, Outbox, Unfinished
from tocsin_store.pauses import Held

NONE = timedelta()
NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)
LATE = timedelta(seconds=61)


def lane(name: Lane, *, of: Backlog | None = None) -> Backlog:
    return replace(of or Backlog(Channel.EMAIL, name, 0, NONE, 0, 0, 0, NONE, 0, 0), lane=name)


def hold(route: str, *, age: timedelta = LATE) -> Held:
    return Held(Channel.EMAIL, route, Reason.DOMAIN_UNREACHABLE, NOON - age, NOON, age, NONE)


URGENT = lane(Lane.URGENT)
ROUTINE = lane(Lane.ROUTINE)
WORKER = Crew("email-worker", 1, timedelta(seconds=1), NONE, 0, NONE)
BUSY = Report(
    backlogs=[
        replace(URGENT, on_log=300, due_later=4, held=12),
        replace(ROUTINE, waiting=90_000, on_log=9_000),
    ],
    outbox=Outbox(3, timedelta(seconds=2)),
    crews=[WORKER],
    old_claims=0,
    holds=[hold("example.org")],
    suppressions=7,
    unfinished=Unfinished({"live": 2, "fanning_out": 1}, {State.SENT: 41_000, State.PENDING: 90_000}, 0),
    log=Log(unmerged=5_000, late=0, letters=2, letters_waiting=0),
)


def test_a_ledger_at_work_needs_nobody() -> None:
    assert needs(BUSY) == []


def test_routine_chunks_wait_long_while_the_log_is_full() -> None:
    waiting = replace(ROUTINE, waiting=90_000, on_log=9_000, waiting_since=timedelta(hours=1))

    assert needs(replace(BUSY, backlogs=[waiting])) == []


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (replace(BUSY, log=None), "Kafka does not answer"),
        (replace(BUSY, outbox=Outbox(1, timedelta(seconds=31))), "the outbox is not relayed (31 s)"),
        (replace(BUSY, unfinished=Unfinished({}, {}, 2)), "nobody begins 2 fan-outs"),
        (
            replace(BUSY, backlogs=[replace(URGENT, due_now=1, due_since=LATE)]),
            "what is due is not put on the log",
        ),
        (
            replace(BUSY, backlogs=[replace(URGENT, waiting=1, waiting_since=LATE)]),
            "chunks are not put on the log",
        ),
        (
            replace(BUSY, backlogs=[replace(ROUTINE, waiting=1, waiting_since=LATE)]),
            "chunks are not put on the log",
        ),
        (replace(BUSY, holds=[hold("*")]), "email is on hold for 61 s: domain_unreachable"),
        (replace(BUSY, crews=[]), "no email-worker is alive"),
        (
            replace(BUSY, crews=[replace(WORKER, heartbeat=timedelta(seconds=16))]),
            "email-worker: one is silent for 16 s",
        ),
        (
            replace(BUSY, crews=[WORKER, Crew("sms-worker", 0, NONE, NONE, 1, LATE)]),
            "not recovered after 61 s",
        ),
        (replace(BUSY, old_claims=3), "3 deliveries are claimed for over a minute"),
        (replace(BUSY, log=Log(9, 9, 0, 0)), "9 receipts wait for the merge"),
        (replace(BUSY, log=Log(0, 0, 4, 1)), "1 dead letters of the last day were not replayed"),
    ],
)
def test_what_is_wrong_is_said_once(report: Report, text: str) -> None:
    (said,) = needs(report)

    assert text in said


def test_a_hold_that_just_began_needs_nobody() -> None:
    assert needs(replace(BUSY, holds=[hold("*", age=timedelta(seconds=59))])) == []


def test_it_fits_one_screen_and_is_aligned() -> None:
    shown = list(lines(replace(BUSY, holds=[hold(f"{n}.example") for n in range(40)], log=Log(1, 1, CAP, 1))))

    assert len(shown) <= 24
    assert max(map(len, shown)) <= 100
    assert shown[0].split() == [
        "LANE",
        "IN",
        "CHUNKS",
        "ON",
        "THE",
        "LOG",
        "PASSED",
        "DUE",
        "NOW",
        "LATER",
        "HELD",
    ]
    assert "and 35 more: `tocsin pauses list`" in "\n".join(shown)
    assert shown[-3] == "Needs an operator:"


def test_it_speaks_to_programs() -> None:
    found = json.loads(json.dumps(data(BUSY)))

    assert found["outbox"] == {"rows": 3, "oldest": 2.0}
    assert found["unfinished"]["states"] == {"sent": 41_000, "pending": 90_000}
    assert found["holds"][0]["since"] == "2026-11-05T11:58:59+00:00"
    assert found["needs_operator"] == []
