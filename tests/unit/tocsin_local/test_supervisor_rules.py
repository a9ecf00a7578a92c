from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin_local.arguments import environment_from, replicas_from
from tocsin_local.errors import LocalError
from tocsin_local.keeper import next_pause
from tocsin_local.preflight import check_python, check_space, check_wheels
from tocsin_local.services import SERVICES, Service, port_purposes, with_replicas


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.parametrize(
    ("before", "lived", "after"),
    [(0.2, 0, 0.4), (0.4, 9, 0.8), (4, 0, 5), (5, 0, 5), (5, 10, 0.2)],
)
def test_pauses_grow_until_a_program_has_lived(before: float, lived: float, after: float) -> None:
    assert next_pause(seconds(before), lived=seconds(lived)) == seconds(after)


def test_ports_follow_from_the_base_port() -> None:
    purposes = port_purposes(with_replicas(SERVICES, {"dispatcher": 2, "email-worker": 2}), base_port=7300)

    assert purposes == {
        7300: "alert-api",
        7301: "tocsin-sandbox",
        7302: "tocsin-sandbox",
        7303: "Kafka",
        7304: "Kafka controller",
        7305: "PostgreSQL",
        7306: "dispatcher",
        7307: "email-worker",
        7308: "receipts-worker",
        7309: "mail-door",
        7310: "dispatcher-2",
        7311: "email-worker-2",
        7319: "mail-door",
        7320: "sms-worker",
        7321: "voice-worker",
    }


def test_more_replicas_than_ports_are_refused() -> None:
    with pytest.raises(LocalError, match="24 ports"):
        with_replicas(SERVICES, {"dispatcher": 26})


def test_replicas_of_what_is_no_service_are_refused() -> None:
    with pytest.raises(LocalError, match="no service kafka"):
        with_replicas((Service("one", ("one",), {"PORT": 0}),), {"kafka": 2})


def test_an_environment_value_may_hold_equal_signs() -> None:
    assert environment_from(["A=b=c", "EMPTY="]) == {"A": "b=c", "EMPTY": ""}


@pytest.mark.parametrize("pair", ["A", "=b"])
def test_what_is_no_pair_is_refused(pair: str) -> None:
    with pytest.raises(LocalError, match="KEY=VALUE"):
        environment_from([pair])


@pytest.mark.parametrize("pair", ["worker=0", "worker=-1", "worker=two"])
def test_a_count_of_replicas_is_a_number_from_one(pair: str) -> None:
    with pytest.raises(LocalError, match="a number from 1"):
        replicas_from([pair])


def test_an_old_python_is_named() -> None:
    with pytest.raises(LocalError, match=r"this is 3\.10"):
        check_python((3, 10))


def test_a_missing_wheel_is_named() -> None:
    with pytest.raises(LocalError, match=r"The moon is not installed \(package no_such_module\)"):
        check_wheels({"no_such_module": "The moon"})


def test_a_full_disk_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="make room"):
        check_space(tmp_path / "not" / "there" / "yet", least_gigabytes=10**9)
