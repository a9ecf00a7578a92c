"""What the door refuses to bear: too much, too many, too long, too curious."""

import asyncio
import random
from collections.abc import Sequence
from uuid import UUID

import pytest

from tests.integration.mail_door.conftest import BOUNCE, Entrance, Open, kept, path_of
from tocsin_store.pool import Pool

BIG = b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n"


@pytest.mark.parametrize("content", [BIG + b"y\r\n" * 30_000, b"y" * 200_000])
async def test_a_message_too_big_is_refused_for_good(
    opened: Open, pool: Pool, sent: Sequence[UUID], content: bytes
) -> None:
    entrance = await opened(mail_max_bytes=65_536)
    line = await entrance.connect()

    replies = await line.hand_in(content, to=[path_of(sent[0])])

    assert replies[-1].startswith("552 5.3.4")
    assert (await line.hand_in(BOUNCE, to=[path_of(sent[0])]))[-1].startswith("250")
    assert len(await kept(pool)) == 1


async def test_a_size_announced_too_big_is_refused_at_once(entrance: Entrance) -> None:
    line = await entrance.connect()

    assert (await line.say("MAIL FROM:<> SIZE=99999999")).startswith("552 5.3.4")


async def test_lmtp_refuses_a_message_too_big_for_each_recipient(opened: Open, sent: Sequence[UUID]) -> None:
    entrance = await opened(mail_max_bytes=65_536, mail_protocol="lmtp")
    line = await entrance.connect("LHLO relay.example")

    replies = await line.hand_in(b"y\r\n" * 30_000, to=[path_of(sent[0]), path_of(sent[1])])

    assert replies[-1].startswith("552")
    assert (await line.hear()).startswith("552")


async def test_a_connection_too_many_is_sent_away_until_another_ends(opened: Open) -> None:
    entrance = await opened(mail_connections=1)
    first = await entrance.connect()

    reader, writer = await asyncio.open_connection("127.0.0.1", entrance.door.port)
    told = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    first.hang_up()
    async with asyncio.timeout(10):
        while True:
            third = await asyncio.open_connection("127.0.0.1", entrance.door.port)
            greeting = await third[0].readline()
            third[1].close()
            if greeting.startswith(b"220"):
                break

    assert told.startswith(b"421 4.3.2")


async def test_a_recipient_too_many_is_for_another_message(entrance: Entrance, sent: Sequence[UUID]) -> None:
    line = await entrance.connect()
    await line.say("MAIL FROM:<>")

    replies = [await line.say(f"RCPT TO:<{path_of(sent[0])}>") for _ in range(101)]

    assert {reply[:3] for reply in replies[:100]} == {"250"}
    assert replies[100].startswith("452 4.5.3")


async def test_a_message_too_many_at_a_time_is_for_later(
    opened: Open, pool: Pool, sent: Sequence[UUID]
) -> None:
    entrance = await opened(mail_under_way=1)
    async with pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE outbox")
        lines = [await entrance.connect() for _ in range(2)]
        handed = [asyncio.create_task(line.hand_in(BOUNCE, to=[path_of(sent[0])])) for line in lines]
        (refused,), _ = await asyncio.wait(handed, return_when=asyncio.FIRST_COMPLETED)
    answers = await asyncio.gather(*handed)

    assert refused.result()[-1].startswith("451 4.3.2")
    assert sorted(replies[-1][:3] for replies in answers) == ["250", "451"]
    assert len(await kept(pool)) == 1


async def test_who_says_nothing_is_left_alone(opened: Open) -> None:
    entrance = await opened(mail_timeout=0.05)
    line = await entrance.connect()

    assert await line.hear() == ""


@pytest.mark.parametrize(
    ("curious", "told"),
    [
        ("VRFY ada@homes.example", "252"),
        ("VRFY", "252"),
        ("EXPN everybody", "502"),
        ("AUTH PLAIN AGFkYQBzZWNyZXQ=", "538"),
        ("STARTTLS", "454"),
        ("XCLIENT ada", "500"),
        ("RCPT TO:<a@b.example>", "503"),
        ("DATA", "503"),
    ],
)
async def test_strangers_learn_nothing(entrance: Entrance, curious: str, told: str) -> None:
    line = await entrance.connect()

    reply = await line.say(curious)

    assert reply.startswith(told)
    assert "ada" not in reply


@pytest.mark.parametrize("seed", range(8))
async def test_no_bytes_stop_the_door(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID], seed: int
) -> None:
    noise = random.Random(seed).randbytes(50_000)  # noqa: S311 - noise, not a secret
    line = await entrance.connect()
    line.writer.write(noise + b"\r\nMAIL FROM:<" + noise[:200] + b">\r\nRCPT TO:<" + noise[:200] + b">\r\n")
    line.writer.write_eof()
    await asyncio.wait_for(line.reader.read(), 20)

    assert (await entrance.hand_in(BOUNCE, to=path_of(sent[0]))).startswith("250")
    assert len(await kept(pool)) == 1


async def test_an_address_that_is_not_ascii_may_report(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID]
) -> None:
    line = await entrance.connect()
    to = ["ådä@bounces.example", path_of(sent[0])]

    replies = await line.hand_in(BOUNCE, to=to, sender="pöst@häuser.example", extra=" SMTPUTF8")

    assert [reply[:3] for reply in replies] == ["250", "550", "250", "354", "250"]
    assert len(await kept(pool)) == 1


@pytest.mark.parametrize(
    "argument", ["<", "<>>", "<@>", "<@a:>", '<"@b.example>', "<a@[b>", "<" + "(" * 300, "<a b>"]
)
async def test_no_address_is_a_crash(entrance: Entrance, sent: Sequence[UUID], argument: str) -> None:
    line = await entrance.connect()
    await line.say("MAIL FROM:<>")

    refused = await line.say(f"RCPT TO:{argument}")
    then = await line.hand_in(BOUNCE, to=[path_of(sent[0])])

    assert refused[0] in "45"
    assert then[-1].startswith("250")
