"""Ask a server whether it answers, in its own protocol and with nothing but a socket."""

from __future__ import annotations

import http.client
import socket
import struct

_TIMEOUT = 1.0  # seconds
_FIND_COORDINATOR = 10
_ANSWER = struct.Struct(">iiih")  # size, correlation, throttle time, error; then text that is of no use here
_PROBE_GROUP = b"tocsin-local-probe"
_PG_PROTOCOL_3 = 196608


def http_ready(port: int) -> bool:
    """Say whether GET /ready answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def kafka_answers(port: int) -> bool:
    """Say whether Kafka names a group coordinator, so that a consumer can join at once.

    The first question makes the broker create the topic that the coordinator keeps offsets in. The request is
    FindCoordinator, version 1 (https://kafka.apache.org/protocol#The_Messages_FindCoordinator).
    """
    header = struct.pack(">hhih", _FIND_COORDINATOR, 1, 1, -1)
    body = struct.pack(">h", len(_PROBE_GROUP)) + _PROBE_GROUP + b"\0"
    answer = _ask(port, struct.pack(">i", len(header + body)) + header + body)
    if len(answer) < _ANSWER.size:
        return False
    _size, _correlation, _throttle, error = _ANSWER.unpack_from(answer)
    return bool(error == 0)


def postgres_answers(port: int) -> bool:
    """Say whether PostgreSQL takes sessions: it asks for a password, instead of saying that it is starting.

    https://www.postgresql.org/docs/18/protocol-message-formats.html, StartupMessage.
    """
    names = b"user\0tocsin\0database\0postgres\0\0"
    message = struct.pack(">ii", 8 + len(names), _PG_PROTOCOL_3) + names
    return _ask(port, message).startswith(b"R")


def _ask(port: int, message: bytes) -> bytes:
    """Return the first piece of the answer; it is short, so one piece is all of it and the server sees a clean end."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT) as connection:
            connection.sendall(message)
            return connection.recv(4096)
    except OSError:
        return b""
