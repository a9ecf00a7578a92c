"""A merge that is down for long: what was sent and not merged is never sent again."""

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tests.support.topics import emptied_log
from tocsin_schemas.topics import RECEIPTS
from tocsin_schemas.words import State

MEMBERS = 200
PATIENCE_S = 90.0
MERGERS = ["receipts-worker", "receipts-worker-2"]
WORKERS = ["email-worker", "email-worker-2"]


async def test_nothing_sent_is_sent_again_after_a_death_while_the_merge_is_down(town: Town) -> None:
    people = await town.people(MEMBERS)
    for merger in MERGERS:
        await town.stop(merger)
    alert = (await people.agency.post(an_alert())).accepted.id

    async def all_arrived_and_told() -> bool:
        told = sum([await town.measure(worker, "tocsin_deliveries_total") for worker in WORKERS])
        return len((await town.sandbox.of(alert)).message_ids) == MEMBERS and told >= MEMBERS

    await eventually(all_arrived_and_told)
    await town.kill(*WORKERS)

    async def both_wait_for_the_merge() -> bool:
        return await town.measure("dispatcher", "tocsin_sessions_unrecovered") >= len(WORKERS)

    await eventually(both_wait_for_the_merge, within=60)
    for merger in MERGERS:
        await town.start(merger)
    await town.settled(alert)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    assert account.result.states == {State.SENT: MEMBERS}
    assert account.result.inbox.duplicates == 0
    assert not account.unknowns


async def test_attempts_whose_receipts_were_lost_are_unknown_and_made_once_more(town: Town) -> None:
    people = await town.people(MEMBERS)
    for merger in MERGERS:
        await town.stop(merger)
    alert = (await people.agency.post(an_alert())).accepted.id

    async def all_claimed_and_arrived() -> bool:
        return len((await town.sandbox.of(alert)).message_ids) == MEMBERS

    await eventually(all_claimed_and_arrived)
    for worker in WORKERS:  # in good order: every receipt is on the log
        await town.stop(worker)
    await emptied_log(town.kafka, RECEIPTS)
    for name in (*WORKERS, *MERGERS):
        await town.start(name)
    await town.settled(alert, within=PATIENCE_S)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    assert len(account.unknowns) == MEMBERS
    assert account.result.inbox.duplicates == MEMBERS
