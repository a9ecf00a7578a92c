"""The SMTP dialogue, fed with bytes at every split point."""

import re
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tocsin_sandbox.smtp.inflow import Inflow, has_long_line
from tocsin_sandbox.smtp.offer import Offer

if TYPE_CHECKING:
    from tests.unit.tocsin_sandbox.conftest import Connect

BODY = b"Message-ID: <1@b.example>\r\n\r\n..A line with a dot\r\n.\x2e\r\nEnd\r\n"
DIALOGUE = (
    b"EHLO client\r\n"
    b"MAIL FROM:<a@b.example> BODY=8BITMIME\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" + BODY + b".\r\n"
    b'mail from:<>\r\nrcpt to:<e@f.example>\r\nRCPT TO:<"g h"@f.example>\r\ndata\r\n.\r\n'
    b"NOOP\r\nRSET\r\nVRFY x\r\nQUIT\r\n"
)
CODES = [220, 250, 250, 250, 354, 250, 250, 250, 250, 354, 250, 250, 250, 252, 221]
"""Of the dialogue, one each reply, the banner first."""


def codes(answer: bytes) -> list[int]:
    """The codes of the replies, a reply of several lines once."""
    assert re.fullmatch(rb"(\d{3}[ -][ -~]*\r\n)*", answer)
    return [int(line[:3]) for line in answer.split(b"\r\n") if line[3:4] == b" "]


async def test_every_split_of_a_dialogue_gives_the_same_answers_and_messages(
    connect: "Connect",
) -> None:
    for split in range(len(DIALOGUE) + 1):
        client = connect()

        client.protocol.data_received(DIALOGUE[:split])
        client.recorder.settle()
        answer = client.say(DIALOGUE[split:])

        assert codes(answer) == CODES, split
        assert [one.content for one in client.recorder.accepted] == [
            b"Message-ID: <1@b.example>\r\n\r\n.A line with a dot\r\n.\r\nEnd\r\n",
            b"",
        ], split
        assert client.recorder.accepted[1].recipients == (b"e@f.example", b'"g h"@f.example')
        assert client.wire.closed


@pytest.mark.parametrize("split", [b"", b"RCPT"])
async def test_a_message_began_with_its_envelope_however_late_it_ends(
    connect: "Connect", split: bytes
) -> None:
    client = connect()
    client.say(b"EHLO client\r\n")
    client.now = 1.0
    client.say(b"MAIL FROM:<a@b.example>\r\n" + split)
    client.now = 2.0
    client.say(b"RCPT TO:<c@d.example>\r\nDATA\r\n".removeprefix(split))
    client.now = 3.0
    client.say(b".\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
    client.now = 4.0

    client.say(b".\r\n")

    assert [one.begun for one in client.recorder.accepted] == [1.0, 3.0]


async def test_a_dialogue_byte_by_byte(connect: "Connect") -> None:
    client = connect()

    answer = client.heard() + b"".join(client.say(bytes([byte])) for byte in DIALOGUE)

    assert codes(answer) == CODES
    assert len(client.recorder.accepted) == 2


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    lines=st.lists(st.sampled_from([b"", b".", b"..", b".a", b"a", b"\r", b"\n", b"a.\r"]), max_size=6),
    cuts=st.lists(st.integers(0, 80), max_size=4),
)
def test_what_a_client_stuffs_comes_out_unstuffed(lines: list[bytes], cuts: list[int]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join(
        (b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in content.split(b"\r\n")[:-1]
    )
    wire = stuffed + b".\r\nNOOP\r\n"
    inflow = Inflow(max_body=1_000)
    bodies: list[bytes] = []

    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(wire)], strict=True):
        inflow.append(wire[start:end])
        if not bodies and (body := inflow.take_body()) is not None:
            bodies.append(body)

    assert bodies == [content]
    assert inflow.take_line() == b"NOOP"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"MAIL FROM:<a@b.example>", 503),
        (b"EHLO", 501),
        (b"EHLO x\r\nRCPT TO:<a@b.example>", 503),
        (b"EHLO x\r\nDATA", 503),
        (b"EHLO x\r\nMAIL FROM:<>\r\nDATA", 554),
        (b"EHLO x\r\nMAIL FROM:a@b.example", 501),
        (b"EHLO x\r\nMAIL FROM:<a@b.example\t>", 501),
        (b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<>", 501),
        (b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b@c>", 501),
        (b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<Postmaster>", 250),
        (b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example> NOTIFY=NEVER", 555),
        (b"EHLO x\r\nMAIL FROM:<> SIZE=99999999999999999999", 552),
        (b"EHLO x\r\nMAIL FROM:<a@b.example> SIZE=999999999\r\nRCPT TO:<a@b.example>\r\nDATA", 503),
        (b"EHLO x\r\nMAIL FROM:<> SMTPUTF8", 555),
        ("EHLO x\r\nMAIL FROM:<ä@b.example>".encode(), 553),
        (b"EHLO x\r\nMAIL FROM:<>\r\nMAIL FROM:<>", 503),
        (b"STARTTLS", 502),
        (b"AUTH PLAIN", 502),
        (b"WHO", 500),
        (b"", 500),
    ],
)
async def test_what_is_out_of_order_or_malformed_is_refused(
    said: bytes, code: int, connect: "Connect"
) -> None:
    client = connect()

    answer = client.say(said + b"\r\n")

    assert codes(answer)[-1] == code
    assert [refused for _, refused in client.recorder.refused[-1:]] == ([] if code == 250 else [str(code)])


async def test_a_message_over_the_bound_is_refused_and_the_next_is_taken(connect: "Connect") -> None:
    client = connect(offer=Offer(max_message_bytes=1_024))
    envelope = b"MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n"
    client.say(b"EHLO x\r\n" + envelope)
    for _ in range(100):
        client.say(b"y" * 70 + b"\r\n.")

    answer = client.say(b"\r\n" + envelope + b"small\r\n.\r\n")

    assert codes(answer) == [552, 250, 250, 354, 250]
    assert [one.content for one in client.recorder.accepted] == [b"small\r\n"]


async def test_an_endless_command_line_ends_the_connection(connect: "Connect") -> None:
    client = connect()

    answer = client.say(b"x" * 20_000)

    assert codes(answer) == [220, 500]
    assert client.wire.closed


async def test_a_body_with_a_line_over_998_bytes_is_refused(connect: "Connect") -> None:
    client = connect()
    client.say(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n")

    answer = client.say(b"short\r\n" + b"x" * 999 + b"\r\n.\r\n")

    assert codes(answer) == [554]
    assert client.recorder.accepted == []


@pytest.mark.parametrize(("length", "long"), [(0, False), (998, False), (999, True), (3_000, True)])
def test_lines_are_measured_without_their_end(length: int, *, long: bool) -> None:
    for before in (b"", b"a\r\n", b"b" * 990 + b"\r\n"):
        assert has_long_line(before + b"x" * length + b"\r\nend\r\n") is long


async def test_too_many_errors_end_the_connection(connect: "Connect") -> None:
    client = connect()

    answer = client.say(b"WHAT\r\n" * 30)

    assert codes(answer)[-1] == 421
    assert client.wire.closed


async def test_a_message_that_could_not_be_recorded_is_not_acknowledged(connect: "Connect") -> None:
    client = connect()
    client.recorder.full = True

    answer = client.say(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nx\r\n.\r\n")

    assert codes(answer)[-1] == 452


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"AUTH PLAIN " + b64encode(b"\0bell\0rope"), [235, 250]),
        (b"AUTH PLAIN\r\n" + b64encode(b"\0bell\0rope"), [334, 235, 250]),
        (b"AUTH LOGIN\r\n" + b64encode(b"bell") + b"\r\n" + b64encode(b"rope"), [334, 334, 235, 250]),
        (b"AUTH PLAIN " + b64encode(b"\0bell\0wrong"), [535, 530]),
        (b"AUTH PLAIN " + b64encode(b"\0nobody\0"), [535, 530]),
        (b"AUTH PLAIN ***", [501, 530]),
        (b"AUTH LOGIN\r\n*", [334, 501, 530]),
        (b"AUTH CRAM-MD5", [504, 530]),
        (b"NOOP", [250, 530]),
    ],
)
async def test_with_users_only_they_may_send(said: bytes, expected: list[int], connect: "Connect") -> None:
    client = connect(offer=Offer(users={"bell": SecretStr("rope")}))
    client.say(b"EHLO x\r\n")

    answer = client.say(said + b"\r\nMAIL FROM:<>\r\n")

    assert codes(answer) == expected
