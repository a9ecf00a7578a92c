"""Nothing personal leaves the ledger but in the messages themselves: not onto Kafka, into logs or into metrics."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from uuid import UUID

from tests.support.e2e_agency import an_alert
from tests.support.e2e_kafka import everything_on
from tests.support.e2e_sample import sample_agency
from tests.support.e2e_town import SERVICES, Town
from tests.support.eventually import eventually
from tocsin_local.demo_alert import ALERT
from tocsin_local.demo_load import Loaded
from tocsin_local.provider_accounts import DRAWN, account_file
from tocsin_local.sample_phones import SENDER
from tocsin_schemas.topics import TOPICS

MARKER = "Quokka-7741"
REACHED = """
SELECT p.address FROM delivery d JOIN contact_point p ON p.id = d.contact_point_id
WHERE  d.alert_id = $1 AND d.channel = 'sms' AND d.state <> 'suppressed' LIMIT 1
"""
SAID = [{"language": "en-GB", "headline": f"{MARKER} headline", "description": f"{MARKER} text"}]


async def test_no_name_address_number_or_text_is_on_kafka_in_logs_or_in_metrics(
    town: Town, sample: Loaded
) -> None:
    agency = await sample_agency(town, sample)
    alert = (await agency.post({**ALERT, "info": SAID})).accepted.id
    await agency.post({**an_alert(says=MARKER), "severity": MARKER})  # a refused one is not told either
    await town.settled(alert)
    await _answered(town, alert)

    told = b"\n".join([*await _on_kafka(town), *_in_logs(town), *await _in_metrics(town)]).decode(
        "utf-8", "replace"
    )

    assert str(alert) in told
    assert MARKER not in told
    assert [secret for secret in _secrets(town, sample) if secret in told] == []
    reachable = await _column(town, "SELECT address FROM contact_point")
    assert _addresses_in(told).isdisjoint(reachable)
    assert [one for one in reachable if one.startswith("+") and one.removeprefix("+") in told] == []
    assert _whole(await _column(town, "SELECT DISTINCT name FROM member WHERE name LIKE '% %'"), told) == []


async def _answered(town: Town, alert: UUID) -> None:
    """One of those who got the text answers it."""
    await town.phones.say(await town.pool.fetchval(REACHED, alert), f"{MARKER} reply", to=SENDER)

    async def kept() -> bool:
        return bool(await town.pool.fetchval("SELECT count(*) FROM reply WHERE alert_id = $1", alert))

    await eventually(kept)


def _secrets(town: Town, sample: Loaded) -> list[str]:
    """An agency's, and what our services and the providers of texts prove each other who they are with."""
    files = town.stack.layout.secrets
    drawn = [account_file(files, name).read_text() for name in DRAWN if name.endswith(("token", "key"))]
    return [sample.api_key.split("_", 2)[2], (files / "tocsin_signing_key").read_text(), *drawn]


async def _on_kafka(town: Town) -> list[bytes]:
    return [one.everything for topic in TOPICS for one in await everything_on(town.kafka, topic)]


def _in_logs(town: Town) -> list[bytes]:
    return [path.read_bytes() for path in town.stack.layout.logs.iterdir()]


async def _in_metrics(town: Town) -> list[bytes]:
    found = []
    for name in SERVICES:
        async with town.http.get(f"{town.url(name).rstrip('/')}/metrics") as answer:
            assert answer.status == HTTPStatus.OK
            found.append(await answer.read())
    return found


async def _column(town: Town, query: str) -> set[str]:
    return {row[0] for row in await town.pool.fetch(query)}


def _addresses_in(text: str) -> set[str]:
    return set(re.findall(r"[\w.+'-]+@[\w.-]+", text))


def _whole(names: Iterable[str], text: str) -> list[str]:
    """Names that occur; those without all their words in the text need no search."""
    words = set(re.findall(r"\w+", text))
    return [name for name in names if words.issuperset(re.findall(r"\w+", name)) and name in text]
