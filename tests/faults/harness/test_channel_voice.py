import json
from random import Random
from uuid import UUID

from tests.faults.channels.voice import OUTSIDE
from tests.faults.history import Accept, Call, Callback, Withdrawal
from tests.faults.load.callees import rules
from tests.faults.load.calls import caller_of, event_in
from tests.faults.load.exchange import STOPPED, THANKED, told_by
from tests.faults.load.means import Crowd
from tocsin_runtime.numbers import is_allowed
from tocsin_schemas.words import Channel, ReceiptKind

DELIVERY = UUID("019aa9c8-0000-8abc-8def-0123456789ab")
NUMBER = "+447740000001"
CROWD = Crowd(UUID(int=1), "key", [UUID(int=2), UUID(int=3)], {NUMBER: [UUID(int=2), UUID(int=3)]})
CALL = {"sid": "CA1", "reference": f"{DELIVERY.hex}.3.0011223344556677", "to": NUMBER}


def line(event: str, at: float, **said: object) -> bytes:
    return json.dumps({"event": event, "at": at, **CALL, **said}).encode()


def test_a_call_that_was_taken_is_an_accept_of_its_claim() -> None:
    (accept,) = OUTSIDE.ledger.accepts(line("created", 7.5, begun=7.25))

    assert accept == Accept(7.5, 7.25, DELIVERY, NUMBER, Channel.VOICE, "twilio", fence=3)


def test_nothing_else_is_an_accept() -> None:
    lines = [line("dialled", 8.0), line("created", 7.5, reference="-"), b'{"event": "emptied", "number": 3}']

    assert [accept for one in lines for accept in OUTSIDE.ledger.accepts(one)] == []


def test_a_line_is_busy_from_the_first_dialling_to_the_end() -> None:
    begun = [line("created", 7.5), line("dialled", 8.0), line("dialled", 9.0)]
    over = [line("detected", 10.0, answered_by="human"), line("ended", 11.0, status="completed")]
    whole = Call(DELIVERY, 3, NUMBER, 8.0, 11.0, "completed", "human")

    assert [*OUTSIDE.ledger.calls([*begun, *over])] == [whole]
    assert [*OUTSIDE.ledger.calls(begun)] == [Call(DELIVERY, 3, NUMBER, 8.0, None)]
    assert [*OUTSIDE.ledger.calls(begun[:1])] == []


def test_members_have_numbers_that_may_be_called_and_are_not_the_callers() -> None:
    random = Random(1)  # noqa: S311 - nothing is kept secret
    for _ in range(100):
        number = OUTSIDE.address(random.getrandbits(64), "homes.example")

        assert is_allowed(number, countries=frozenset({"GB"}))
        assert not caller_of(DELIVERY).startswith(OUTSIDE.marks[0])


def test_whoever_answers_otherwise_than_most_has_a_rule_that_is_found_again() -> None:
    texts = [rule.action.text for rule in rules()]

    assert len(set(texts)) == len(texts)
    assert 0 < sum(rule.share for rule in rules()) < 0.5


def test_whoever_is_thanked_has_acknowledged() -> None:
    thanked = event_in(line("said", 9.0, hash=THANKED))

    assert [*told_by(thanked, [CROWD])] == [Callback(9.0, DELIVERY, ReceiptKind.ACKNOWLEDGED, status=None)]


def test_whoever_hears_that_there_will_be_no_more_calls_has_left_with_all_who_share_the_number() -> None:
    stopped = event_in(line("said", 9.0, hash=STOPPED))

    left = {
        (one.member, one.channel, one.at) for one in told_by(stopped, [CROWD]) if isinstance(one, Withdrawal)
    }

    assert left == {(member, Channel.VOICE, 9.0) for member in CROWD.members}


def test_whatever_else_is_said_tells_nothing() -> None:
    assert [*told_by(event_in(line("said", 9.0, hash="0011223344556677")), [CROWD])] == []
