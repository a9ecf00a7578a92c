"""Which addresses are taken: those that we signed, at our domain, and no others."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from mail_door.desk import MOST_RECIPIENTS, Desk
from mail_door.settings import MailSettings
from tocsin_runtime.health import Health
from tocsin_runtime.tokens import sign_return_path
from tocsin_store.pool import Pool

KEY = "k" * 32
DELIVERY = UUID("01a1ff51-9fe3-8088-b18b-fb7f1573aefc")


@pytest.fixture(scope="module")
def desk() -> Desk:
    settings = MailSettings(
        database_url=SecretStr("postgresql://nobody@127.0.0.1:1/gone"),
        signing_key=SecretStr(KEY),
        bounce_domain="Bounces.example",
    )
    return Desk(settings, pool=Pool.__new__(Pool), health=Health())  # RCPT asks no database


def signed(*, key: str = KEY) -> str:
    return sign_return_path(key.encode(), DELIVERY)


@pytest.mark.parametrize("domain", ["bounces.example", "BOUNCES.EXAMPLE"])
def test_a_return_path_of_ours_is_taken(desk: Desk, domain: str) -> None:
    assert desk.refusal_of(f"{signed()}@{domain}", already=0) is None


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        (f"{signed()}@elsewhere.example", "550 5.7.1"),
        (signed(), "550 5.7.1"),
        (f"{signed(key='x' * 32)}@bounces.example", "550 5.1.1"),
        (f"b-{uuid4().hex}@bounces.example", "550 5.1.1"),
        (f"x@{signed()}@bounces.example", "550 5.1.1"),
        ("@bounces.example", "550 5.1.1"),
    ],
)
def test_others_are_refused_for_good(desk: Desk, address: str, refusal: str) -> None:
    assert (desk.refusal_of(address, already=0) or "").startswith(refusal)


def test_a_recipient_too_many_is_asked_to_come_again(desk: Desk) -> None:
    assert (desk.refusal_of(f"{signed()}@bounces.example", already=MOST_RECIPIENTS) or "")[:3] == "452"


@given(st.text(max_size=100))
def test_no_address_of_a_stranger_is_an_error(address: str) -> None:
    desk_ = Desk(
        MailSettings(
            database_url=SecretStr("x"), signing_key=SecretStr(KEY), bounce_domain="bounces.example"
        ),
        pool=Pool.__new__(Pool),
        health=Health(),
    )

    assert (desk_.refusal_of(f"{address}@bounces.example", already=0) or "").startswith("550")
