from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from tocsin_local.errors import LocalError
from tocsin_local.ports import BLOCK, check_ports, free_base, holder_of, in_use


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_says_what_for_by_whom_and_what_to_do(taken: int) -> None:
    with pytest.raises(
        LocalError, match=rf"Port {taken} \(Kafka\) is in use by process {os.getpid()}.*--base-port"
    ):
        check_ports({taken: "Kafka"})


def test_a_port_taken_on_every_address_is_taken_here_too() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104  # the case in question; for a moment
        assert in_use(server.getsockname()[1])


def test_free_ports_are_no_reason_to_complain() -> None:
    base = free_base()

    check_ports(dict.fromkeys(range(base, base + BLOCK), "anything"))


def test_nobody_holds_a_free_port() -> None:
    assert holder_of(free_base()) is None
