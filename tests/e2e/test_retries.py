"""What a relay says decides: again, never again, or once more because nobody knows."""

import re
from collections.abc import Iterable

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_inbox import Rule
from tests.support.e2e_town import People, Town
from tocsin_schemas.words import Reason, ReceiptKind, State

MEMBERS = 40
GREYLISTED, GONE, DROPPED = range(5), range(5, 6), range(6, 9)


async def test_each_answer_of_the_relay_has_its_own_consequence(town: Town) -> None:
    people = await town.people(MEMBERS)
    await town.sandbox.misbehave(_rules(people))

    alert = (await people.agency.post(an_alert())).accepted.id
    await town.settled(alert)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    by_member = await town.deliveries_of(alert)
    rows = {str(row.id): row for row in await people.agency.deliveries(alert)}
    seen = [
        (
            rows[delivery].state,
            rows[delivery].reason,
            rows[delivery].attempts,
            account.kinds_of(delivery),
            account.arrivals[delivery],
        )
        for delivery in (by_member[member] for member in people.members)
    ]
    plain = (State.SENT, None, 1, [ReceiptKind.ACCEPTED], 1)
    refused = (State.SENT, None, 2, [ReceiptKind.REFUSED, ReceiptKind.ACCEPTED], 1)
    gone = (State.FAILED, Reason.ADDRESS_UNKNOWN, 1, [ReceiptKind.FAILED], 0)
    dropped = (State.SENT, None, 2, [ReceiptKind.UNKNOWN, ReceiptKind.ACCEPTED], 2)
    assert seen == [refused] * 5 + [gone] + [dropped] * 3 + [plain] * 31
    assert account.faults == []


def _rules(people: People) -> list[Rule]:
    return [
        {
            "phase": "rcpt",
            "match": _addresses(people, GREYLISTED),
            "times": 1,
            "per_recipient": True,
            "action": {"type": "reply", "code": 451, "enhanced": "4.7.1", "text": "Greylisted"},
        },
        {
            "phase": "rcpt",
            "match": _addresses(people, GONE),
            "action": {"type": "reply", "code": 550, "enhanced": "5.1.1", "text": "No such user"},
        },
        {
            "phase": "body",
            "match": _addresses(people, DROPPED),
            "times": 1,
            "per_recipient": True,
            "action": {"type": "drop_after_accept"},
        },
    ]


def _addresses(people: People, numbers: Iterable[int]) -> str:
    return f"re:^({'|'.join(re.escape(people.address(number)) for number in numbers)})$"
