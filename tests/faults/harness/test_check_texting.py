from dataclasses import replace

from tests.faults.harness.histories import AGENCY, POSTED, Row, broken, history
from tests.faults.history import History, Injected, Reply
from tocsin_schemas.words import Channel, ReceiptKind, State


def texted(count: int, *, within: float, segments: int = 1) -> History:
    """So many texts of one sender that may send ten segments a second."""
    made = []
    for number in range(1, count + 1):
        at = POSTED + 1 + within * number / count
        row = Row.born(1, version=number, channel=Channel.SMS).claimed(at).accepted(at, fence=1)
        row = row.told(at + 0.1, ReceiptKind.ACCEPTED).moved(at + 0.2, state=State.SENT, work="none")
        made.append(replace(row, accepts=[replace(one, segments=segments) for one in row.accepts]))
    run = history(made)
    return replace(run, dump=replace(run.dump, segments_per_s={AGENCY: 10}))


def seen(run: History) -> set[str]:
    """Of these rules."""
    return broken(run) & {"I7 too fast", "I9 text too long", "I5 reply lost"}


def test_a_sender_that_keeps_its_pace_is_fine() -> None:
    assert seen(texted(100, within=10)) == set()
    assert seen(texted(100, within=5)) == {"I7 too fast"}


def test_segments_count_and_not_texts() -> None:
    assert seen(texted(50, within=10, segments=2)) == set()
    assert seen(texted(50, within=5, segments=2)) == {"I7 too fast"}


def test_what_the_network_held_back_may_come_at_once() -> None:
    held = Injected("network", POSTED, POSTED + 7, slows_hand_over=True)

    assert seen(replace(texted(100, within=5), faults=[held])) == set()


def test_no_text_has_more_than_ten_segments() -> None:
    assert seen(texted(1, within=1, segments=10)) == set()
    assert seen(texted(1, within=1, segments=11)) == {"I9 text too long"}


def test_what_was_texted_back_and_acknowledged_is_there() -> None:
    run = texted(1, within=1)
    run = replace(run, replies=[Reply(POSTED + 5, "SM1", "stop")])

    assert seen(run) == {"I5 reply lost"}
    assert seen(replace(run, dump=replace(run.dump, inbound={"SM1": "reply"}))) == {"I5 reply lost"}
    assert seen(replace(run, dump=replace(run.dump, inbound={"SM1": "stop"}))) == set()
