"""What stands in the URLs of a call: what was asked before, and nothing that nobody wrote."""

from urllib.parse import urlsplit

import pytest

from alert_api.call_steps import Offer, Step, read_step

REFERENCE = "0123456789abcdef0123456789abcdef.3.0123456789abcdef"


@pytest.mark.parametrize(
    "step",
    [
        Step(REFERENCE, Offer.MENU, wrong=2, held=1, digits="#"),
        Step(REFERENCE, Offer.STOP, digits="9"),
        Step(REFERENCE, answered_by="machine_end_beep"),
    ],
)
def test_what_is_asked_again_is_asked_with_everything_that_was_known(step: Step) -> None:
    url = urlsplit(step.again())

    again = read_step(url.query.encode())

    assert again == Step(
        step.reference, step.offered, step.wrong, step.held + 1, step.digits, step.answered_by
    )


def test_an_answer_is_asked_for_again_where_nothing_was_offered_yet() -> None:
    assert urlsplit(Step(REFERENCE).again()).path == "/calls/twilio/answer"
    assert urlsplit(Step(REFERENCE, Offer.MENU).again()).path == "/calls/twilio/key"


def test_the_next_key_is_told_without_the_last() -> None:
    step = Step(REFERENCE, Offer.MENU, wrong=1, held=2, digits="5", answered_by="human")

    url = step.offering(Offer.STOP)

    assert url == f"/calls/twilio/key?r={REFERENCE}&at=stop&w=1"


@pytest.mark.parametrize(
    "query",
    [b"", b"r=", b"\xff", b"at=everything&w=-1&h=9999&d=", b"w=%D9%A3", b"&".join([b"x=1"] * 50)],
)
def test_what_nobody_wrote_counts_as_not_there(query: bytes) -> None:
    assert read_step(query) == Step("")
