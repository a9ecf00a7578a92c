from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tocsin_local.errors import LocalError
from tocsin_local.jars import Jar, class_path, locked_jars
from tocsin_local.kafka import formatted, server_properties, write_settings
from tocsin_local.ports import free_base


def a_jar(content: bytes) -> Jar:
    return Jar("org.example", "thing", "1.0", "", hashlib.sha256(content).hexdigest())


def ignore(_: str) -> None:
    """Nobody watches."""


def test_kafka_listens_on_this_machine_alone() -> None:
    lines = server_properties(port=1, controller_port=2).splitlines()

    assert "listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2" in lines
    assert "auto.create.topics.enable=false" in lines
    assert "log.dirs=data" in lines


def test_kafka_sends_its_clients_to_who_stands_between() -> None:
    lines = server_properties(port=1, controller_port=2, advertised_port=3).splitlines()

    assert "advertised.listeners=PLAINTEXT://127.0.0.1:3" in lines
    assert "listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2" in lines


def test_storage_counts_as_formatted_only_when_kafka_said_so(tmp_path: Path) -> None:
    write_settings(tmp_path, port=1, controller_port=2)

    assert not formatted(tmp_path)


def test_every_locked_jar_has_a_checksum() -> None:
    jars = locked_jars()

    assert {"kafka_2.13", "slf4j-simple"} <= {jar.artifact for jar in jars}
    assert {len(jar.sha256) for jar in jars} == {64}


def test_jars_that_are_there_are_not_downloaded(tmp_path: Path) -> None:
    jar = a_jar(b"good")
    (tmp_path / jar.path).parent.mkdir(parents=True)
    (tmp_path / jar.path).write_bytes(b"good")

    path = class_path(tmp_path, jars=(jar,), progress=ignore, cancelled=lambda: False)

    assert path == str(tmp_path / "org/example/thing/1.0/thing-1.0.jar")


def test_a_jar_with_another_checksum_is_refused_by_name(tmp_path: Path) -> None:
    jar = a_jar(b"good")
    (tmp_path / jar.path).parent.mkdir(parents=True)
    (tmp_path / jar.path).write_bytes(b"bad")

    with pytest.raises(LocalError, match=r"thing-1\.0\.jar is not the jar .*delete that file"):
        class_path(tmp_path, jars=(jar,), progress=ignore, cancelled=lambda: False)


def test_a_jar_that_cannot_be_downloaded_is_named_and_none_is_left_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_base()}")  # where nobody listens
    jar = a_jar(b"good")

    with pytest.raises(LocalError, match=r"Cannot download thing 1\.0 .*check the network"):
        class_path(tmp_path, jars=(jar,), progress=ignore, cancelled=lambda: False)

    assert list(tmp_path.iterdir()) == []
