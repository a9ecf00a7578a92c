"""What a provider says of a text decides: later, never, or first a look whether it has it."""

from collections.abc import Iterable

from tests.support.e2e_account import account_of
from tests.support.e2e_phones import Rule
from tests.support.e2e_texters import Texters, texters
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_schemas.words import Reason, ReceiptKind, State

PEOPLE, FIRST = 40, 900
"""Numbers of these tests alone: one that does not exist is written to by nobody any more."""
THROTTLED, GONE, ANSWER_LOST, REQUEST_LOST = range(5), range(5, 6), range(6, 9), range(9, 11)
WITH_LOOK_UPS = 120.0
"""A look-up waits half a minute, so that what was taken can be found."""


async def test_each_answer_of_the_provider_has_its_own_consequence(town: Town) -> None:
    people = await texters(town, PEOPLE, first=FIRST)
    await town.phones.misbehave("twilio", _rules(people))

    alert = await people.post()
    await town.reported(alert, within=WITH_LOOK_UPS)

    account = await account_of(town, people.agency, alert, expected=PEOPLE)
    by_member = await town.deliveries_of(alert)
    rows = {str(row.id): row for row in await people.agency.deliveries(alert)}
    deliveries = [by_member[member] for member in people.members]
    (gone,) = (deliveries[number] for number in GONE)
    assert (rows[gone].state, rows[gone].reason) == (State.FAILED, Reason.ADDRESS_INVALID)
    assert account.faults == []
    assert account.arrivals == {delivery: 1 for delivery in deliveries if delivery != gone}
    for number in (*ANSWER_LOST, *REQUEST_LOST):
        assert account.unknowns[deliveries[number]] >= 1
    for number in THROTTLED:
        assert ReceiptKind.UNKNOWN not in account.kinds_of(deliveries[number])


async def test_a_phone_that_is_off_is_tried_again_later_while_the_text_counts_as_sent(town: Town) -> None:
    people = await texters(town, 1, first=FIRST + 50)
    off: Rule = {"phase": "deliver", "action": {"type": "end", "status": "undelivered", "code": 30003}}
    await town.phones.misbehave("twilio", [off])

    alert = await people.post()

    async def waits() -> bool:
        receipts = await people.agency.receipts(alert)
        return any(one.kind is ReceiptKind.FAILED and one.due_at for one in receipts)

    await eventually(waits)
    (row,) = await people.agency.deliveries(alert)
    assert row.state is State.SENT
    assert await town.open(alert) == 1


def _rules(people: Texters) -> list[Rule]:
    once = {"phase": "create", "times": 1, "per_recipient": True}
    throttled = {"type": "reply", "status": 429, "code": 20429, "retry_after_s": 1}
    return [
        {**once, "match": _numbers(people, THROTTLED), "action": throttled},
        {
            "phase": "create",
            "match": _numbers(people, GONE),
            "action": {"type": "reply", "status": 400, "code": 21211},
        },
        {**once, "match": _numbers(people, ANSWER_LOST), "action": {"type": "drop_after_accept"}},
        {**once, "match": _numbers(people, REQUEST_LOST), "action": {"type": "drop"}},
    ]


def _numbers(people: Texters, which: Iterable[int]) -> str:
    found = "|".join(people.numbers[number].removeprefix("+") for number in which)
    return rf"re:^\+({found})$"
