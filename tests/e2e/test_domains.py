"""A domain that is dead, and one that is slow: the others do not notice, and nobody is lost when they are back."""

from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_schemas.words import State

DOMAINS = ("healthy.example", "dead.example", "slow.example")
EACH = 100
RULES = [
    {
        "phase": "rcpt",
        "match": "*@dead.example",
        "action": {"type": "reply", "code": 451, "enhanced": "4.4.1"},
    },
    {"phase": "rcpt", "match": "*@slow.example", "action": {"type": "stall"}},
]


async def test_a_dead_and_a_slow_domain_wait_alone_and_are_served_when_they_are_back(town: Town) -> None:
    people = await town.people(3 * EACH, domains=DOMAINS)
    await town.sandbox.misbehave(RULES)
    alert = (await people.agency.post(an_alert())).accepted.id

    async def healthy_are_sent() -> bool:
        return bool(await town.pool.fetchval(SENT, alert, "healthy.example") == EACH)

    async def both_are_held() -> bool:
        holds = (await people.agency.alert(alert)).waiting_for
        return {"dead.example", "slow.example"} <= {hold.route for hold in holds}

    await eventually(healthy_are_sent, within=30)
    await eventually(both_are_held, within=60)
    meanwhile = {row.state for row in await people.agency.deliveries(alert)}
    await town.sandbox.behave()
    await town.settled(alert, within=150)

    assert State.PENDING in meanwhile
    rows = await people.agency.deliveries(alert)
    assert [row.state for row in rows] == [State.SENT] * 3 * EACH
    arrived = await town.sandbox.arrivals(alert)
    assert set(arrived.values()) == {1}
    assert set(arrived) == {str(row.id) for row in rows}


SENT = """
SELECT count(*) FROM delivery d JOIN contact_point p ON p.id = d.contact_point_id
WHERE  d.alert_id = $1 AND d.state = 'sent' AND p.address LIKE '%@' || $2
"""
