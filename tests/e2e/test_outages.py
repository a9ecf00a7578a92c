"""A dependency is away: what cannot be kept is refused honestly, what was accepted waits and goes."""

from http import HTTPStatus
from uuid import UUID, uuid4

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import Agency, AlertNow, an_alert
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_schemas.words import State

MEMBERS = 50


async def test_an_alert_posted_without_kafka_goes_when_it_is_back(town: Town) -> None:
    people = await town.people(MEMBERS)
    await town.stop("kafka")

    accepted = (await people.agency.post(an_alert())).accepted
    await town.start("kafka")
    await town.ready()
    await town.settled(accepted.id)

    assert accepted.handover == "delayed"
    account = await account_of(town, people.agency, accepted.id, expected=MEMBERS)
    assert account.faults == []
    assert not account.unknowns


async def test_without_the_ledger_an_alert_is_refused_until_it_is_back(town: Town) -> None:
    people = await town.people(MEMBERS)
    key = str(uuid4())
    await town.stop("postgres")

    refused = await people.agency.post(an_alert(), idempotency_key=key)
    await town.start("postgres")
    await town.ready()
    accepted = (await people.agency.post(an_alert(), idempotency_key=key)).accepted
    await town.settled(accepted.id)

    assert refused.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert b'"/problems/unavailable"' in refused.body
    account = await account_of(town, people.agency, accepted.id, expected=MEMBERS)
    assert account.faults == []


async def test_deliveries_wait_for_the_relay_without_spending_an_attempt(town: Town) -> None:
    people = await town.people(MEMBERS)
    await town.sandbox.smtp(down=True)

    alert = (await people.agency.post(an_alert())).accepted.id
    held = await _held(people.agency, alert)
    rows_while_down = await people.agency.deliveries(alert)
    await town.sandbox.smtp(down=False)
    await town.settled(alert)

    (hold,) = held.waiting_for
    assert (hold.channel, hold.route, hold.why) == ("email", "*", "provider_unreachable")
    assert {(row.state, row.attempts) for row in rows_while_down} == {(State.PENDING, 0)}
    rows = await people.agency.deliveries(alert)
    assert {(row.state, row.attempts) for row in rows} == {(State.SENT, 1)}
    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []


async def _held(agency: Agency, alert: UUID) -> AlertNow:
    async def look() -> AlertNow | None:
        now = await agency.alert(alert)
        return now if now.waiting_for else None

    found = await eventually(look)
    assert found is not None
    return found
