"""A relay that does not let us in is at fault itself: the channel pauses, no attempt is spent."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from email_worker.relay import relays_of
from email_worker.relay_door import Door
from email_worker.smtp_opening import OpeningError, connect
from tests.support.smtp import Dialogue, Script, relay
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason


async def greets(dialogue: Dialogue) -> None:
    await dialogue.greet()
    await dialogue.silence()


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [("421 busy", Reason.PROVIDER_UNREACHABLE), ("554 5.7.1 go away", Reason.CONFIGURATION)],
)
async def test_a_relay_that_does_not_let_us_in_pauses(greeting: str, reason: Reason) -> None:
    async def script(dialogue: Dialogue) -> None:
        dialogue.say(greeting)

    async with relay(script) as running:
        with pytest.raises(OpeningError) as raised:
            await connect(relays_of(running.settings())[0])

    assert (raised.value.outcome.of, raised.value.outcome.reason) == (OutcomeClass.PAUSE, reason)


async def test_a_relay_that_is_not_there_pauses() -> None:
    async with relay(greets) as running:
        settings = running.settings()

    with pytest.raises(OpeningError) as raised:
        await connect(relays_of(settings)[0])

    outcome = raised.value.outcome
    assert (outcome.of, outcome.reason) == (OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE)


async def test_nothing_is_sent_in_clear_where_tls_is_wanted() -> None:
    async with relay(greets) as running:
        with pytest.raises(OpeningError) as raised:
            await connect(relays_of(running.settings(smtp_tls="starttls"))[0])

    assert raised.value.outcome.of is OutcomeClass.PAUSE
    assert not any(line.startswith(b"MAIL") for line in running.dialogues[0].heard)


def steps(*, extensions: Sequence[str], replies: Sequence[str]) -> Script:
    """A relay that greets and then gives these answers."""

    async def script(dialogue: Dialogue) -> None:
        await dialogue.greet(extensions)
        await dialogue.answer(*replies)
        await dialogue.silence()

    return script


S30, S60 = timedelta(seconds=30), timedelta(seconds=60)
LOGIN: dict[str, object] = {"smtp_username": "bell", "smtp_password": "rope"}
TLS: dict[str, object] = {"smtp_tls": "starttls"}


@pytest.mark.parametrize(
    ("extensions", "reply", "values", "reason", "lasts"),
    [
        (("STARTTLS",), "454 4.7.0 not now", TLS, Reason.PROVIDER_UNREACHABLE, None),
        (("STARTTLS",), "501 never", TLS, Reason.CONFIGURATION, S30),
        ((), "", TLS, Reason.CONFIGURATION, S30),
        (("AUTH PLAIN",), "454 4.7.0 not now", LOGIN, Reason.PROVIDER_UNREACHABLE, S60),
        (("AUTH PLAIN",), "535 5.7.8 wrong", LOGIN, Reason.CONFIGURATION, S30),
        (("AUTH PLAIN",), "\x00 what?", LOGIN, Reason.PROVIDER_UNREACHABLE, None),
        ((), "", LOGIN, Reason.CONFIGURATION, S30),
    ],
)
async def test_what_is_refused_on_the_way_in_says_for_how_long(
    extensions: Sequence[str], reply: str, values: dict[str, object], reason: Reason, lasts: timedelta | None
) -> None:
    async with relay(steps(extensions=("SIZE", *extensions), replies=[reply])) as running:
        with pytest.raises(OpeningError) as raised:
            await connect(relays_of(running.settings(**values))[0])

    outcome = raised.value.outcome
    assert (outcome.of, outcome.scope, outcome.provider) == (OutcomeClass.PAUSE, Scope.CHANNEL, "relay")
    assert (outcome.reason, outcome.lasts) == (reason, lasts)


async def test_refused_credentials_are_not_tried_again_at_once() -> None:
    wrong = steps(extensions=("AUTH PLAIN",), replies=["535 5.7.8 wrong"])
    async with relay(wrong) as running:
        door = Door(relays_of(running.settings(**LOGIN))[0])

        answers = [await door.probe() for _ in range(3)]

    assert answers == [False] * 3
    assert len(running.dialogues) == 1
