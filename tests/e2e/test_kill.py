"""Processes are killed in the middle of an alert: nothing is lost, and nothing arrives twice without cause.

Every other process, and all of them while others are broken too: `tests/faults`.
"""

import pytest

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import Town

MEMBERS = 600
SLOW_S = 0.1
AT_ONCE, IN_THE_MIDDLE = 0, 60
"""Messages that have arrived when it happens."""


@pytest.mark.parametrize(
    ("victims", "arrived", "makes_unknown"),
    [
        pytest.param(["dispatcher", "dispatcher-2"], AT_ONCE, False, id="dispatcher"),
        pytest.param(["receipts-worker", "receipts-worker-2"], IN_THE_MIDDLE, False, id="receipts-worker"),
        pytest.param(["email-worker", "email-worker-2"], IN_THE_MIDDLE, True, id="email-worker"),
    ],
)
async def test_an_alert_outlives_a_kill(
    town: Town, *, victims: list[str], arrived: int, makes_unknown: bool
) -> None:
    people = await town.people(MEMBERS)
    await town.sandbox.slow(SLOW_S)
    alert = (await people.agency.post(an_alert())).accepted.id
    await town.under_way(alert, arrived=arrived)

    await town.kill(*victims)
    await town.ready()
    await town.settled(alert)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    # Only who dies between a message's last byte and its answer leaves an attempt that may have arrived.
    assert bool(account.unknowns) == makes_unknown
