"""Health: `/health` while the loop turns, `/ready` while all is there, `/metrics` always."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from tocsin_runtime.health import Health, serve_health


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def port(health: Health) -> Iterator[int]:
    with serve_health(health, host="127.0.0.1", port=0) as port:
        yield port


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_process_that_has_just_begun_is_alive_and_not_ready(port: int) -> None:
    assert get(port, "/health")[0] == 200
    assert get(port, "/ready")[0] == 503


def test_ready_is_when_every_check_holds(health: Health, port: int) -> None:
    health.set("database", ok=True)
    health.set("kafka", ok=False)
    before = get(port, "/ready")
    health.set("kafka", ok=True)

    after = get(port, "/ready")

    assert (before[0], after[0]) == (503, 200)
    assert json.loads(before[1])["checks"] == {"database": True, "kafka": False}


def test_metrics_are_there_for_prometheus(port: int) -> None:
    status, text = get(port, "/metrics")

    assert status == 200
    assert "python_info" in text


def test_anything_else_is_not_found(port: int) -> None:
    assert get(port, "/")[0] == 404


def test_a_port_that_is_taken_is_said_at_once(port: int) -> None:
    with pytest.raises(OSError, match="in use"), serve_health(Health(), host="127.0.0.1", port=port):
        pass
