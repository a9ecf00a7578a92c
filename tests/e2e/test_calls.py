"""Calls of one alert: whoever answers hears it, and their keys do what they were told the keys do."""

from collections.abc import Iterable

from tests.support.e2e_phones import Rule
from tests.support.e2e_texters import Texters, texters
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_schemas.words import Channel, Reason, ReceiptKind, State

PEOPLE, FIRST = 8, 975
READ, LEFT, BUSY, GONE = range(4), range(4, 6), range(6, 7), range(7, 8)


async def test_keys_acknowledge_and_stop_and_who_is_busy_is_called_again(town: Town) -> None:
    people = await texters(town, PEOPLE, first=FIRST, channel=Channel.VOICE)
    await town.phones.callees(
        [
            _answering(people, READ, keys=["1"]),
            _answering(people, LEFT, keys=["9", "9"]),
            {"phase": "ring", "match": _numbers(people, BUSY), "action": {"type": "end", "status": "busy"}},
            {
                "phase": "ring",
                "match": _numbers(people, GONE),
                "action": {"type": "end", "status": "failed", "code": 13223},
            },
        ]
    )

    alert = await people.post()

    async def told() -> bool:
        rows = await people.agency.deliveries(alert)
        waiting = [row for row in rows if row.state is State.PENDING]
        counts = (await people.agency.alert(alert)).progress.states
        return not waiting and counts.get(State.ACKNOWLEDGED, 0) == len(READ) and await _left(town, people)

    await eventually(told, within=60)
    by_member = await town.deliveries_of(alert)
    rows = {str(row.id): row for row in await people.agency.deliveries(alert)}
    (gone,) = (rows[by_member[people.members[number]]] for number in GONE)
    assert (gone.state, gone.reason) == (State.FAILED, Reason.ADDRESS_INVALID)
    busy = [
        one
        for one in await people.agency.receipts(alert)
        if str(one.delivery_id) == by_member[people.members[BUSY[0]]]
    ]
    assert [(one.kind, one.reason) for one in busy if one.due_at] == [(ReceiptKind.FAILED, Reason.LINE_BUSY)]


async def _left(town: Town, people: Texters) -> bool:
    """Whether exactly those who pressed 9 twice have taken their consent back."""
    rows = await town.pool.fetch(
        """SELECT member_id FROM consent
           WHERE member_id = ANY($1::uuid[]) AND channel = 'voice' AND valid_until <= now()""",
        list(people.members),
    )
    return {row["member_id"] for row in rows} == {people.members[number] for number in LEFT}


def _answering(people: Texters, which: Iterable[int], *, keys: list[str]) -> Rule:
    soon = {"least": 0, "most": 0}
    callee = {"answers_after_s": soon, "greeting_s": 0, "keys": keys, "key_share": 1, "key_after_s": soon}
    return {
        "phase": "ring",
        "match": _numbers(people, which),
        "action": {"type": "answer", "callee": callee},
    }


def _numbers(people: Texters, which: Iterable[int]) -> str:
    found = "|".join(people.numbers[number].removeprefix("+") for number in which)
    return rf"re:^\+({found})$"
