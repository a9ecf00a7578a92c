"""A stack inside this process: what is told, what is kept, what comes back."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin_local.errors import LocalError
from tocsin_local.postgres import installed_binaries
from tocsin_local.probes import kafka_answers, postgres_answers
from tocsin_local.stack import Stack

Eventually = Callable[[Callable[[], bool]], None]


def psql(stack: Stack, statement: str, *, password: str | None = None) -> subprocess.CompletedProcess[str]:
    secret = stack.database_url.split(":")[2].split("@")[0]
    command = [str(installed_binaries() / "psql"), "-h", "127.0.0.1", "-p", str(stack.base_port + 5)]
    words = [*command, "-U", "tocsin", "-d", "tocsin", "-w", "-Atc", statement]
    told = {"PGPASSWORD": secret if password is None else password}
    return subprocess.run(words, env=told, capture_output=True, text=True, check=False)  # noqa: S603  # an example of ours


def test_a_service_is_told_where_everything_is(stack: Stack) -> None:
    base = stack.base_port

    with urllib.request.urlopen(f"http://127.0.0.1:{base + 6}/environment", timeout=5) as answer:
        told = json.load(answer)

    assert told == told | {
        "TOCSIN_ENVIRONMENT": "local",
        "TOCSIN_HEALTH_PORT": str(base + 6),
        "TOCSIN_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{base + 3}",
        "TOCSIN_PUBLIC_URL": f"http://127.0.0.1:{base}",
        "TOCSIN_SMTP_PORT": str(base + 2),
        "TOCSIN_SECRETS_DIR": str(stack.layout.secrets),
        "TOCSIN_ANYTHING": "a=b",
    }


def test_a_replica_has_a_port_of_its_own(stack: Stack) -> None:
    ports = {process.name: process.ports for process in stack.state.processes}

    assert ports["worker-2"] == (stack.base_port + 10,)


def test_secrets_are_for_the_owner_alone(stack: Stack) -> None:
    files = sorted(stack.layout.secrets.iterdir())

    assert stat.S_IMODE(stack.layout.secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    ours = [file.name for file in files if not file.name.startswith("tocsin_sandbox_")]
    assert ours == ["postgres_password", "tocsin_database_url", "tocsin_signing_key", "tocsin_sms_providers"]


def test_the_database_wants_the_password(stack: Stack) -> None:
    assert psql(stack, "SELECT 1").stdout.strip() == "1"
    assert psql(stack, "SELECT 1", password="wrong").returncode != 0
    assert psql(stack, "SELECT 1", password="").returncode != 0


def test_the_database_is_set_for_the_product(stack: Stack) -> None:
    names = ("fsync", "synchronous_commit", "shared_buffers", "max_wal_size", "jit", "max_connections")

    values = psql(stack, "SELECT " + ", ".join(f"current_setting('{name}')" for name in names)).stdout.strip()

    assert values == "on|on|256MB|2GB|off|200"


def test_a_failed_statement_leaves_nothing_of_it_in_the_log(stack: Stack) -> None:
    psql(stack, "CREATE TABLE secretive (address text PRIMARY KEY)")
    psql(stack, "INSERT INTO secretive VALUES ('someone-private'), ('someone-private')")

    log = (stack.layout.logs / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "someone-private" not in log


def test_a_killed_database_comes_back_with_what_was_committed(stack: Stack) -> None:
    psql(stack, "CREATE TABLE kept AS SELECT 42 AS answer")

    stack.kill("postgres", signal.SIGKILL)
    stack.wait_ready(["postgres"])

    assert psql(stack, "SELECT answer FROM kept").stdout.strip() == "42"


def test_a_dead_service_is_started_again_and_counted(stack: Stack) -> None:
    stack.wait_ready()
    before = stack.pid("worker")

    stack.kill("worker", signal.SIGKILL)
    stack.wait_ready(["worker"])

    assert stack.pid("worker") != before
    assert next(one.restarts for one in stack.state.processes if one.name == "worker") == 1


def test_a_server_can_be_stopped_and_started_alone(stack: Stack) -> None:
    port = stack.base_port + 5

    stack.stop_one("postgres")
    answers_when_stopped = postgres_answers(port)
    stack.start_one("postgres")
    stack.wait_ready(["postgres"])

    assert not answers_when_stopped
    assert postgres_answers(port)


def test_kafka_has_its_group_coordinator_when_it_is_ready(stack: Stack) -> None:
    stack.wait_ready(["kafka"])

    assert kafka_answers(stack.base_port + 3)


def test_another_stack_in_the_same_folder_is_refused(stack: Stack) -> None:
    second = Stack(stack.layout.root, services=())

    with pytest.raises(LocalError, match="A stack runs in"):
        second.start()


def test_a_taken_port_is_named_with_its_purpose(stack: Stack, tmp_path: Path) -> None:
    second = Stack(tmp_path / "second", base_port=stack.base_port, services=())

    with pytest.raises(
        LocalError, match=rf"Port {stack.base_port + 3} \(Kafka\) is in use by process .*--base-port"
    ):
        second.start()


def test_data_outlives_a_stop(stack: Stack) -> None:
    psql(stack, "CREATE TABLE outlived AS SELECT 7 AS answer")
    cluster = (stack.layout.kafka / "data" / "meta.properties").read_text()

    stack.stop()
    stack.start()
    stack.wait_ready()

    assert psql(stack, "SELECT answer FROM outlived").stdout.strip() == "7"
    assert (stack.layout.kafka / "data" / "meta.properties").read_text() == cluster
