"""What was sent and comes back: the delivery fails late, on every surface, and nobody else's does."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

import aiosmtplib

from tests.support.e2e_agency import an_alert
from tests.support.e2e_inbox import Rule
from tests.support.e2e_metrics import metrics_of
from tests.support.e2e_town import People, Town
from tests.support.eventually import eventually
from tocsin_local.services import BOUNCES
from tocsin_schemas.words import Reason, ReceiptKind, State

MEMBERS = 40
GONE, FULL, OLD, READ, ANNOYED = range(8), range(8, 10), range(10, 12), range(12, 13), range(13, 14)
EXPECTED = {State.SENT: 27, State.FAILED: 12, State.DELIVERED: 1}


async def test_what_bounces_after_it_was_sent_fails_late_and_is_counted_so(town: Town) -> None:
    people = await town.people(MEMBERS)
    await town.sandbox.misbehave(_rules(people))

    alert = (await people.agency.post(an_alert())).accepted.id
    await _states(town, alert, EXPECTED)

    told = await _told(people, alert)  # the complaint too, which changes no state
    rows = {str(row.id): row for row in await people.agency.deliveries(alert)}
    by_member = await town.deliveries_of(alert)
    seen = [(rows[by_member[member]].state, rows[by_member[member]].reason) for member in people.members]
    assert seen == (
        [(State.FAILED, Reason.ADDRESS_UNKNOWN)] * 8
        + [(State.FAILED, Reason.MAILBOX_FULL)] * 2
        + [(State.FAILED, Reason.MAILBOX_UNAVAILABLE)] * 2
        + [(State.DELIVERED, None)]
        + [(State.SENT, Reason.COMPLAINT)]
        + [(State.SENT, None)] * 26
    )
    assert told[by_member[people.members[0]]] == {ReceiptKind.ACCEPTED, ReceiptKind.FAILED}
    assert told[by_member[people.members[13]]] == {ReceiptKind.ACCEPTED, ReceiptKind.COMPLAINED}
    assert told[by_member[people.members[39]]] == {ReceiptKind.ACCEPTED}
    assert set((await town.sandbox.arrivals(alert)).values()) == {1}
    assert _counted((await metrics_of(town, people.agency, alert)).states) == EXPECTED


async def test_bounces_wait_while_the_door_is_closed(town: Town) -> None:
    people = await town.people(5)
    await town.sandbox.misbehave([_bounce(people, range(5), style="dsn", status="5.2.1")])
    before = await town.sandbox.bounces()
    await town.stop("mail-door")

    alert = (await people.agency.post(an_alert())).accepted.id
    await town.settled(alert)
    closed = await _now(town, alert)
    await town.start("mail-door")
    await _states(town, alert, {State.FAILED: 5})

    assert closed == {State.SENT: 5}
    after = await town.sandbox.bounces()
    assert (after["sent"] - before["sent"], after["refused"], after["waiting"]) == (5, 0, 0)


async def test_a_forged_bounce_is_refused_and_changes_nothing(town: Town) -> None:
    people = await town.people(1)
    alert = (await people.agency.post(an_alert())).accepted.id
    await town.settled(alert)
    (delivery,) = (await town.deliveries_of(alert)).values()
    forged = f"b-{UUID(delivery).hex}-{'0' * 16}@bounces.tocsin.invalid"

    async with aiosmtplib.SMTP(
        hostname="127.0.0.1", port=town.stack.base_port + BOUNCES, start_tls=False
    ) as smtp:
        await smtp.mail("")
        refused = None
        try:
            await smtp.rcpt(forged)
        except aiosmtplib.SMTPRecipientRefused as error:
            refused = error.code

    assert refused == 550
    assert await _now(town, alert) == {State.SENT: 1}


async def _states(town: Town, alert: UUID, expected: dict[State, int]) -> None:
    """Return when the ledger says so."""

    async def look() -> bool:
        return await _now(town, alert) == expected

    await eventually(look, within=60)


async def _now(town: Town, alert: UUID) -> dict[State, int]:
    rows = await town.pool.fetch("SELECT state::text FROM delivery WHERE alert_id = $1", alert)
    return dict(Counter(State(row["state"]) for row in rows))


async def _told(people: People, alert: UUID) -> dict[str, set[ReceiptKind]]:
    """What the receipts say of each delivery, once the readers see them all; a quick bounce may be told first."""

    async def look() -> dict[str, set[ReceiptKind]] | None:
        found = await people.agency.receipts(alert)
        if len(found) < MEMBERS + len([*GONE, *FULL, *OLD, *READ, *ANNOYED]):
            return None
        told: dict[str, set[ReceiptKind]] = {}
        for one in found:
            told.setdefault(str(one.delivery_id), set()).add(one.kind)
        return told

    told = await eventually(look)
    assert told is not None
    return told


def _counted(states: Mapping[State, int]) -> dict[State, int]:
    return {state: number for state, number in states.items() if number}


def _rules(people: People) -> list[Rule]:
    return [
        _bounce(people, GONE, style="dsn", status="5.1.1"),
        _bounce(people, FULL, style="dsn", status="4.2.2", delay_s=0.5),
        _bounce(people, OLD, style="qmail", status="5.1.1"),
        _bounce(people, READ, style="dsn", status="2.0.0"),
        _bounce(people, ANNOYED, style="complaint"),
    ]


def _bounce(people: People, numbers: Iterable[int], **action: object) -> Rule:
    addresses = "|".join(re.escape(people.address(number)) for number in numbers)
    return {"phase": "bounce", "match": f"re:^({addresses})$", "action": {"type": "bounce", **action}}
