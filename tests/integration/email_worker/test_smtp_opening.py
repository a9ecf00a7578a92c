"""A relay that does not let us in is at fault itself: the channel pauses, no attempt is spent."""

import pytest

from email_worker.relay import relays_of
from email_worker.smtp_opening import OpeningError, connect
from tests.support.smtp import Dialogue, relay
from tocsin_runtime.delivery.channel import OutcomeClass
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
