"""Which rule applies, and what a connection then does. Delays are tested on real sockets."""

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from tocsin_sandbox.smtp.phases import Phase
from tocsin_sandbox.smtp.rules import Action, ActionType, Rule, RuleBook, RuleSet

if TYPE_CHECKING:
    from tests.unit.tocsin_sandbox.conftest import Connect

MESSAGE = b"MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nx\r\n.\r\n"


def rules(**rule: object) -> RuleSet:
    """One rule."""
    return RuleSet.model_validate({"rules": [rule]})


def refusal(**rule: object) -> RuleSet:
    """One rule for RCPT that answers 450."""
    return rules(
        phase="rcpt", action={"type": "reply", "code": 450, "enhanced": "4.7.1", "text": "Later"}, **rule
    )


async def test_a_greylisting_rule_refuses_each_recipient_once(connect: "Connect") -> None:
    client = connect(refusal(times=1, per_recipient=True))
    client.say(b"EHLO x\r\nMAIL FROM:<>\r\n")

    first = client.say(b"RCPT TO:<a@b.example>\r\nRCPT TO:<c@b.example>\r\n")
    second = client.say(b"RCPT TO:<A@b.example>\r\nRCPT TO:<c@b.example>\r\n")

    assert first == b"450 4.7.1 Later\r\n" * 2
    assert second == b"250 2.1.5 Ok\r\n" * 2
    assert client.recorder.refused == [("rcpt", "450")] * 2


@pytest.mark.parametrize(
    ("pattern", "refused"),
    [
        ("*@b.example", True),
        ("A@B.EXAMPLE", True),
        ("b.example", False),
        ("re:^a@", True),
        ("re:@c", False),
        (None, True),
    ],
)
async def test_a_pattern_is_a_glob_or_a_regular_expression(
    pattern: str | None, *, refused: bool, connect: "Connect"
) -> None:
    client = connect(refusal(match=pattern))
    client.say(b"EHLO x\r\n")

    answer = client.say(b"MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n")

    assert (b"450" in answer) is refused


def test_the_first_rule_that_applies_wins() -> None:
    book = RuleBook(
        RuleSet(
            rules=(
                Rule(phase=Phase.RCPT, match="x*", action=Action(type=ActionType.DROP)),
                Rule(phase=Phase.RCPT, action=Action(type=ActionType.STALL), times=1),
                Rule(phase=Phase.RCPT, action=Action(type=ActionType.GARBAGE)),
            )
        )
    )

    taken = [book.action(Phase.RCPT, subjects=[recipient]) for recipient in (b"x@y", b"a@y", b"a@y")]

    assert [action and action.type for action in taken] == [
        ActionType.DROP,
        ActionType.STALL,
        ActionType.GARBAGE,
    ]
    assert book.applied() == [1, 1, 1]


def test_a_share_draws_by_recipient_and_always_the_same() -> None:
    book, again = RuleBook(refusal(share=0.25)), RuleBook(refusal(share=0.25))
    recipients = [b"r%d@b.example" % number for number in range(2_000)]

    drawn = [recipient for recipient in recipients if book.action(Phase.RCPT, subjects=[recipient])]

    assert 400 < len(drawn) < 600
    assert drawn == [recipient for recipient in recipients if again.action(Phase.RCPT, subjects=[recipient])]


def test_another_seed_draws_others() -> None:
    recipients = [b"r%d@b.example" % number for number in range(100)]
    draws = [
        [bool(book.action(Phase.RCPT, subjects=[recipient])) for recipient in recipients]
        for book in (RuleBook(refusal(share=0.5).model_copy(update={"seed": seed})) for seed in (1, 2))
    ]

    assert draws[0] != draws[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"phase": "connect", "match": "*", "action": {"type": "drop"}},
        {"phase": "rcpt", "action": {"type": "drop_after_accept"}},
        {"phase": "rcpt", "action": {"type": "reply"}},
        {"phase": "rcpt", "action": {"type": "reply", "code": 250}},
        {"phase": "rcpt", "action": {"type": "reply", "code": 450, "text": "a\r\nb"}},
        {"phase": "rcpt", "action": {"type": "delay"}},
        {"phase": "rcpt", "action": {"type": "drop"}, "match": "re:("},
        {"phase": "rcpt", "action": {"type": "drop"}, "unknown": 1},
        {"phase": "other", "action": {"type": "drop"}},
        {"phase": "bounce", "action": {"type": "drop"}},
        {"phase": "bounce", "action": {"type": "bounce"}},
        {"phase": "body", "action": {"type": "bounce", "style": "dsn"}},
        {"phase": "rcpt", "action": {"type": "drop", "style": "dsn"}},
        {"phase": "bounce", "action": {"type": "bounce", "style": "dsn", "status": "3.1.1"}},
    ],
)
def test_a_rule_that_cannot_be_obeyed_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        rules(**wrong)


@pytest.mark.parametrize(
    ("action", "closed", "recorded"),
    [
        ("drop_before_accept", True, 0),
        ("drop", True, 0),
        ("drop_after_accept", True, 1),
        ("stall", False, 0),
        ("stall_after_accept", False, 1),
    ],
)
async def test_the_final_dot_without_an_answer(
    action: str, *, closed: bool, recorded: int, connect: "Connect"
) -> None:
    client = connect(rules(phase="body", match="a@*", action={"type": action}))
    client.say(b"EHLO x\r\n")

    answer = client.say(MESSAGE + b"NOOP\r\n")

    assert answer == b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n"
    assert client.wire.closed is closed
    assert len(client.recorder.accepted) == recorded
    assert client.say(b"NOOP\r\n") == b""


async def test_a_refused_body_leaves_the_connection_usable(connect: "Connect") -> None:
    client = connect(rules(phase="body", times=1, action={"type": "reply", "code": 550, "enhanced": "5.7.1"}))
    client.say(b"EHLO x\r\n")

    refused, accepted = client.say(MESSAGE), client.say(MESSAGE)

    assert b"550 5.7.1 As you wished\r\n" in refused
    assert b"250 2.0.0 Ok: queued" in accepted
    assert client.recorder.refused == [("body", "550")]


@pytest.mark.parametrize(
    ("phase", "said", "code"),
    [
        ("ehlo", b"EHLO x\r\n", b"550"),
        ("mail", b"EHLO x\r\nMAIL FROM:<>\r\n", b"550"),
        ("data", b"EHLO x\r\n" + MESSAGE[:45], b"550"),
    ],
)
async def test_any_phase_can_be_refused(phase: str, said: bytes, code: bytes, connect: "Connect") -> None:
    client = connect(rules(phase=phase, action={"type": "reply", "code": 550}))

    last = client.say(said).splitlines()[-1]

    assert last.startswith(code)


@pytest.mark.parametrize("code", [421, 554])
async def test_a_refused_connection_is_closed(code: int, connect: "Connect") -> None:
    client = connect(rules(phase="connect", action={"type": "reply", "code": code}))

    assert client.heard() == b"%d As you wished\r\n" % code
    assert client.wire.closed


async def test_garbage_is_no_reply(connect: "Connect") -> None:
    client = connect(rules(phase="mail", action={"type": "garbage"}))
    client.say(b"EHLO x\r\n")

    answer = client.say(b"MAIL FROM:<>\r\n")

    assert len(answer) > 512
    assert not answer[:3].isdigit()
