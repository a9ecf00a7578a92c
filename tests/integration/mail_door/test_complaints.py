"""Complaints come to one address for all; what they quote says which delivery they are about, if we signed it."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.integration.mail_door.conftest import BOUNCE, DOMAIN, Entrance, kept, path_of
from tocsin_schemas.words import Reason, ReceiptKind, State
from tocsin_store.pool import Pool

COMPLAINT = (Path(__file__).parents[2] / "unit/mail_door/samples/complaint.eml").read_text()
ADDRESS = f"Complaints@{DOMAIN}"


def complaint(path: str) -> bytes:
    """A complaint about the message with this return path."""
    return COMPLAINT.replace("b-0@bounces.example", path).replace("\n", "\r\n").encode()


async def test_a_complaint_is_about_the_delivery_it_quotes(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID]
) -> None:
    assert (await entrance.hand_in(complaint(path_of(sent[1])), to=ADDRESS)).startswith("250")

    (receipt,) = await kept(pool)
    assert (receipt.delivery_id, receipt.kind, receipt.state, receipt.reason, receipt.provider_status) == (
        sent[1], ReceiptKind.COMPLAINED, State.SENT, Reason.COMPLAINT, "arf abuse",
    )  # fmt: skip


@pytest.mark.parametrize(
    "path", ["someone@homes.example", f"b-{uuid4().hex}-{'0' * 16}@{DOMAIN}", f"b-{'g' * 32}-x@{DOMAIN}"]
)
async def test_a_complaint_that_quotes_nothing_of_ours_changes_nothing(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID], path: str
) -> None:
    assert sent
    assert (await entrance.hand_in(complaint(path), to=ADDRESS)).startswith("250")
    assert await kept(pool) == []


async def test_a_bounce_at_the_address_for_complaints_changes_nothing(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID]
) -> None:
    content = BOUNCE.replace(b"b-0@bounces.example", path_of(sent[0]).encode())

    assert (await entrance.hand_in(content, to=ADDRESS)).startswith("250")
    assert await kept(pool) == []


async def test_at_a_return_path_a_complaint_is_about_that_delivery(
    entrance: Entrance, pool: Pool, sent: Sequence[UUID]
) -> None:
    await entrance.hand_in(complaint(path_of(sent[1])), to=path_of(sent[0]))

    assert [one.delivery_id for one in await kept(pool)] == [sent[0]]
