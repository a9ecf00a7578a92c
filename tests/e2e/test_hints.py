"""A record on `deliveries.*` is a hint: one that comes twice, also within one poll, is harmless."""

from uuid import UUID

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import DeliveriesRequested
from tocsin_schemas.topics import deliveries
from tocsin_schemas.words import Channel, Lane

MEMBERS = 50


async def test_hints_that_come_twice_are_handed_over_once(town: Town) -> None:
    people = await town.people(MEMBERS)
    await town.sandbox.smtp(down=True)
    alert = (await people.agency.post(an_alert())).accepted.id

    async def held() -> bool:
        return bool((await people.agency.alert(alert)).waiting_for)

    await eventually(held)
    ids = [UUID(delivery) for delivery in (await town.deliveries_of(alert)).values()]
    async with Outlet(
        town.kafka, client_id="test"
    ) as outlet:  # the workers are at rest: they poll all of it at once
        await outlet.produce([_hint(alert, ids, partition=number) for number in (0, 0, 0, 1, 1)])
    await town.sandbox.smtp(down=False)
    await town.settled(alert)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    assert not account.unknowns
    assert account.result.inbox.duplicates == 0


def _hint(alert: UUID, ids: list[UUID], *, partition: int) -> Record:
    request = DeliveriesRequested(alert_id=alert, delivery_ids=tuple(ids))
    topic = deliveries(Channel.EMAIL, Lane.URGENT)
    return Record(topic.name, partition=partition, key=str(alert).encode(), value=encode(request))
