"""What the door takes, and what becomes of it."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from tests.integration.mail_door.conftest import BOUNCE, DOMAIN, Entrance, Open, kept, path_of
from tocsin_runtime.tokens import sign_return_path
from tocsin_schemas.words import Lane, Reason, ReceiptKind, State
from tocsin_store.pool import Pool


async def test_a_bounce_at_its_signed_address_is_a_receipt_in_the_outbox(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID]
) -> None:
    reply = await entrance.hand_in(BOUNCE, to=path_of(sent[1]))

    assert reply.startswith("250")
    (receipt,) = await kept(pool)
    assert (receipt.delivery_id, receipt.fence, receipt.kind, receipt.state) == (
        sent[1], 1, ReceiptKind.FAILED, State.FAILED,
    )  # fmt: skip
    assert (receipt.reason, receipt.provider, receipt.provider_status, receipt.lane) == (
        Reason.ADDRESS_UNKNOWN, "mail-door", "dsn 5.1.1", Lane.URGENT,
    )  # fmt: skip


async def test_the_same_bounce_twice_is_the_same_fact(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID]
) -> None:
    line = await entrance.connect()

    for _ in range(2):
        await line.hand_in(BOUNCE, to=[path_of(sent[0])])

    first, second = await kept(pool)
    assert first.id == second.id


async def test_addresses_are_read_whatever_their_case(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID]
) -> None:
    assert (await entrance.hand_in(BOUNCE, to=path_of(sent[0]).upper())).startswith("250")
    assert len(await kept(pool)) == 1


@pytest.mark.parametrize("sender", ["", "mailer-daemon@mx.example"])
async def test_any_sender_may_bounce(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID], sender: str
) -> None:
    line = await entrance.connect()

    assert (await line.hand_in(BOUNCE, to=[path_of(sent[0])], sender=sender))[-1].startswith("250")
    assert len(await kept(pool)) == 1


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        (f"postmaster@{DOMAIN}", "550 5.1.1"),
        (f"{sign_return_path(b'x' * 32, uuid4())}@{DOMAIN}", "550 5.1.1"),
        (f"b-{uuid4().hex}-{'0' * 16}@{DOMAIN}", "550 5.1.1"),
        ("ada@homes.example", "550 5.7.1"),
        (path_of(uuid4()).replace(DOMAIN, "elsewhere.example"), "550 5.7.1"),
        (path_of(uuid4()) + "@elsewhere.example", "553 5.1.3"),
    ],
)
async def test_what_we_did_not_sign_changes_nothing(
    entrance: Entrance, pool: Pool, address: str, refusal: str
) -> None:
    line = await entrance.connect()

    replies = await line.hand_in(BOUNCE, to=[address])

    assert replies[1].startswith(refusal)
    assert replies[-1].startswith("503")  # DATA without a recipient
    assert address not in " ".join(replies)
    assert await kept(pool) == []


async def test_a_signed_address_of_no_delivery_is_taken_and_changes_nothing(
    entrance: Entrance, pool: Pool
) -> None:
    assert (await entrance.hand_in(BOUNCE, to=path_of(uuid4()))).startswith("250")
    assert await kept(pool) == []


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\x00" * 300, BOUNCE[:400], b"x" * 20_000])
async def test_what_nobody_understands_is_taken_and_changes_nothing(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID], content: bytes
) -> None:
    assert (await entrance.hand_in(content, to=path_of(sent[0]))).startswith("250")
    assert await kept(pool) == []


async def test_one_message_may_be_for_several_deliveries(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID]
) -> None:
    line = await entrance.connect()

    replies = await line.hand_in(BOUNCE, to=[path_of(one) for one in sent])

    assert replies[-1].startswith("250")
    assert {one.delivery_id for one in await kept(pool)} == set(sent)


async def test_lmtp_answers_for_each_recipient(opened: Open, pool: Pool, sent: Sequence[UUID]) -> None:
    entrance = await opened(mail_protocol="lmtp")
    line = await entrance.connect("LHLO relay.example")

    replies = await line.hand_in(BOUNCE, to=[path_of(sent[0]), path_of(sent[1])])

    assert replies[-1].startswith("250")
    assert (await line.hear()).startswith("250")
    assert (await line.say("QUIT")).startswith("221")
    assert len(await kept(pool)) == 2


async def test_a_delivery_that_was_never_sent_cannot_bounce(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID]
) -> None:
    await pool.execute("UPDATE delivery SET fence = 0 WHERE id = $1", sent[2])

    assert (await entrance.hand_in(BOUNCE, to=path_of(sent[2]))).startswith("250")
    assert await kept(pool) == []
