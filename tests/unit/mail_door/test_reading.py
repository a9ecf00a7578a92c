"""What mail systems write, and what we understand of it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_door.meanings import RECEIPTS, Kind, Meaning
from mail_door.reading import READ_BYTES, meaning_of
from tocsin_schemas.words import Reason

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> bytes:
    """A message as it comes over the wire."""
    return (SAMPLES / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("name", "reason", "status"),
    [
        ("postfix_unknown", Reason.ADDRESS_UNKNOWN, "dsn 5.1.1"),
        ("postfix_gave_up", Reason.DOMAIN_UNREACHABLE, "dsn 4.4.1"),
        ("exchange_not_found", Reason.ADDRESS_UNKNOWN, "dsn 5.1.10"),
        ("exchange_says_little", Reason.MAILBOX_DISABLED, "dsn 5.2.1"),
        ("null_mx", Reason.DOMAIN_REFUSES_MAIL, "dsn 5.1.10"),
        ("gmail_unknown", Reason.ADDRESS_UNKNOWN, "dsn 5.1.1"),
        ("gmail_full", Reason.MAILBOX_FULL, "dsn 4.2.2"),
        ("international", Reason.MAILBOX_FULL, "dsn 5.2.2"),
        ("nested", Reason.POLICY, "dsn 5.7.1"),
        ("truncated", Reason.ADDRESS_UNKNOWN, "dsn 5.1.1"),
        ("no_status", Reason.MAILBOX_UNAVAILABLE, "dsn"),
        ("qmail", Reason.MAILBOX_UNAVAILABLE, "bounce"),
        ("exim", Reason.MAILBOX_UNAVAILABLE, "bounce"),
    ],
)
def test_a_failure_has_its_reason_and_its_code(name: str, reason: Reason, status: str) -> None:
    assert meaning_of(sample(name)) == Meaning(Kind.FAILED, reason, status)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("postfix_delivered", Meaning(Kind.DELIVERED, None, "dsn 2.0.0")),
        ("sendmail_relayed", Meaning(Kind.ACCEPTED, None, "dsn 2.1.5")),
        ("many_recipients", Meaning(Kind.ACCEPTED, None, "dsn 2.0.0")),
        ("complaint", Meaning(Kind.COMPLAINED, Reason.COMPLAINT, "arf abuse")),
    ],
)
def test_what_is_no_failure_is_a_fact_too(name: str, meaning: Meaning) -> None:
    assert meaning_of(sample(name)) == meaning


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("postfix_delayed", Kind.DELAYED),
        ("simple_warning", Kind.DELAYED),
        ("report_returned", Kind.DELAYED),
        ("not_spam", Kind.OTHER_REPORT),
        ("vacation", Kind.AUTO_REPLY),
        ("read_receipt", Kind.AUTO_REPLY),
        ("letter", Kind.NOT_UNDERSTOOD),
    ],
)
def test_what_says_nothing_final_is_no_fact(name: str, kind: Kind) -> None:
    assert meaning_of(sample(name)).kind is kind
    assert kind not in RECEIPTS


@given(st.binary(max_size=4_000))
@settings(deadline=None)
def test_no_bytes_are_an_error(content: bytes) -> None:
    assert meaning_of(content).kind in Kind


@given(
    st.sampled_from(sorted(path.stem for path in SAMPLES.glob("*.eml"))),
    st.lists(st.tuples(st.integers(0, 3_000), st.binary(max_size=40)), min_size=1, max_size=8),
)
@settings(deadline=None)
def test_no_damage_to_a_report_is_an_error_and_no_text_of_it_gets_out(
    name: str, damages: list[tuple[int, bytes]]
) -> None:
    content = sample(name)
    for at, put in damages:
        content = content[:at] + put + content[at + len(put) :]

    meaning = meaning_of(content)

    assert meaning.kind in Kind
    assert set(meaning.status or "") <= set("dsnbouncearfabuse 0123456789.")


HEAD = b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\r\n\r\n--a\r\n"


@pytest.mark.parametrize(
    "bomb",
    [
        b"".join(
            b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(9_000)
        ),
        b"Content-Type: message/rfc822\r\n\r\n" * 9_000,
        HEAD + b"\r\n--a\r\n" * 60_000,
        HEAD + b"Content-Type: message/delivery-status\r\n\r\n" + b"a: b\r\n\r\n" * 60_000,
        HEAD + b"Content-Type: message/delivery-status\r\n\r\n" + b"\r\n" * 120_000,
        b"x" * 1_000_000,
        b"Subject: " + b" =?utf-8?q?a?=\r\n" * 60_000,
        b"From: " + b"(" * 100_000,
    ],
)
def test_a_bomb_is_only_a_message(bomb: bytes) -> None:
    assert meaning_of(bomb).kind not in RECEIPTS


def test_what_lies_behind_the_first_part_of_a_huge_message_is_not_read() -> None:
    assert (
        meaning_of(b"X: y\r\n" * (READ_BYTES // 6 + 1) + sample("postfix_unknown")).kind
        is Kind.NOT_UNDERSTOOD
    )
