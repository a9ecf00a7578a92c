import json
from random import Random

import pytest

from tests.faults.fault import Kind, Scale, What
from tests.faults.kinds import (
    clocks,
    contention,
    disk,
    duplicates,
    lost_records,
    processes,
    rebalance,
    servers,
)
from tests.faults.playing import SANDBOX
from tocsin_schemas.words import Channel, Lane

SCALE = Scale(services=("alert-api", "email-worker", "email-worker-2"), domains=("homes.example",))
KINDS = [
    kind
    for module in (clocks, contention, disk, duplicates, lost_records, processes, rebalance, servers)
    for kind in module.KINDS
]


def draws(kind: Kind) -> list[What]:
    return [kind.draw(Random(seed), SCALE) for seed in range(200)]  # noqa: S311  # a draw, not a secret


def test_every_kind_has_a_name_of_its_own() -> None:
    names = [kind.name for kind in KINDS]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_same_seed_draws_the_same(kind: Kind) -> None:
    once = draws(kind)
    again = draws(kind)

    assert once == again


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_report_can_hold_what_was_drawn(kind: Kind) -> None:
    drawn = draws(kind)

    assert json.loads(json.dumps(drawn)) == drawn


@pytest.mark.parametrize("kind", processes.KINDS, ids=lambda kind: kind.name)
def test_only_processes_that_there_are_are_drawn(kind: Kind) -> None:
    drawn = draws(kind)

    known = {*SCALE.services, SANDBOX}
    assert {what[key] for what in drawn for key in ("service", "second") if key in what} <= known


def test_a_pair_is_of_two() -> None:
    (pair,) = [kind for kind in processes.KINDS if kind.name == "kill-pair"]

    drawn = draws(pair)

    assert all(what["service"] != what["second"] for what in drawn)


def test_a_stop_is_sometimes_longer_than_a_session_lives_without_a_heartbeat() -> None:
    (stop,) = [kind for kind in processes.KINDS if kind.name == "stop"]

    seconds = [float(what["seconds"]) for what in draws(stop)]

    assert min(seconds) < 10 < max(seconds)


def test_clocks_step_forward_and_back() -> None:
    (step,) = clocks.KINDS

    ahead = [float(what["ahead"]) for what in draws(step)]

    assert min(ahead) < 0 < max(ahead)
    assert all(0.5 <= abs(seconds) <= 60 for seconds in ahead)


@pytest.mark.parametrize("kind", lost_records.KINDS, ids=lambda kind: kind.name)
def test_what_loses_records_says_of_which_topic(kind: Kind) -> None:
    drawn = draws(kind)

    assert {kind.loses(what) for what in drawn} == {
        "alerts",
        *(f"deliveries.{channel}.{lane}" for channel in Channel for lane in Lane),
        "metrics",
        "receipts",
    }
