"""A worker dies, a provider goes away: nobody gets a text twice without cause, and none through both providers."""

from collections import Counter

from tests.support.e2e_account import account_of
from tests.support.e2e_texters import Texters, texters
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_schemas.words import ReceiptKind, State

PEOPLE, SEGMENTS_PER_S = 300, 100
FEW = 60
IN_THE_MIDDLE = 60
WITH_LOOK_UPS = 120.0
"""A death is noticed after ten seconds, and a look-up waits half a minute."""


async def test_texts_outlive_a_kill_of_their_workers(town: Town) -> None:
    people = await texters(town, PEOPLE, segments_per_s=SEGMENTS_PER_S)
    await town.phones.turn("twilio", latency_s={"least": 0.02, "most": 0.05})

    alert = await people.post()
    await town.under_way(alert, arrived=IN_THE_MIDDLE)
    await town.kill("sms-worker", "sms-worker-2")
    await town.ready()
    await town.reported(alert, within=WITH_LOOK_UPS)

    account = await account_of(town, people.agency, alert, expected=PEOPLE)
    assert account.faults == []
    assert account.result.states == {State.DELIVERED: PEOPLE}


async def test_another_provider_stands_in_until_the_first_is_back(town: Town) -> None:
    people = await texters(town, FEW)

    before = await _alerted(town, people)
    await town.phones.turn("twilio", down=True)
    without = await _alerted(town, people)
    await town.phones.turn("twilio", down=False)

    async def is_back() -> bool:  # a worker may still hold what the ledger holds no more
        return await _alerted(town, people) == {"twilio": FEW}

    assert before == {"twilio": FEW}
    assert without == {"notify": FEW}
    await eventually(is_back, within=WITH_LOOK_UPS)


async def _alerted(town: Town, people: Texters) -> Counter[str]:
    """Alert everybody; returns how many texts each provider took. Each phone has it once."""
    alert = await people.post()
    await town.reported(alert, within=WITH_LOOK_UPS)
    account = await account_of(town, people.agency, alert, expected=FEW)
    assert account.faults == []
    assert account.arrivals == Counter(str(row.id) for row in await people.agency.deliveries(alert))
    return Counter(one.provider or "" for one in account.receipts if one.kind is ReceiptKind.DELIVERED)
