"""Texts of one alert: each phone has it once, in its reader's language, and what it cost is known."""

from collections import Counter

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_texters import texters
from tests.support.e2e_town import Town
from tocsin_schemas.words import ReceiptKind, State

PEOPLE = 40


async def test_a_text_is_taken_and_reported_on_and_says_how_to_leave(town: Town) -> None:
    people = await texters(town, PEOPLE)

    alert = await people.post(an_alert(says="The river rises."))
    await town.reported(alert)

    account = await account_of(town, people.agency, alert, expected=PEOPLE)
    assert account.faults == []
    assert account.result.states == {State.DELIVERED: PEOPLE}
    kinds = Counter(one.kind for one in account.receipts)
    assert kinds[ReceiptKind.DELIVERED] == PEOPLE
    assert set(kinds) <= {ReceiptKind.RELEASED, ReceiptKind.ACCEPTED, ReceiptKind.DELIVERED}
    (text,) = await town.phones.of(people.numbers[0], sender=people.sender)
    assert "Flood" in text.body
    assert "The river rises." in text.body
    assert "STOP" in text.body


async def test_segments_are_counted_and_priced_as_the_provider_bills_them(town: Town) -> None:
    people = await texters(town, PEOPLE)

    alert = await people.post(an_alert(says="Ż" + " water" * 40))  # one letter makes all of it UCS-2
    await town.reported(alert)

    texts = [text for number in people.numbers for text in await town.phones.of(number, sender=people.sender)]
    billed = sum(text.segments for text in texts)
    progress = (await people.agency.alert(alert)).progress
    taken = [one for one in await people.agency.receipts(alert) if one.segments]
    assert billed == progress.segments == sum(one.segments or 0 for one in taken) > 3 * PEOPLE
    assert sum(one.cost or 0 for one in taken) == 463 * billed  # 0.0463 a segment
