"""Nothing personal leaves the ledger but in the messages themselves: not onto Kafka, into logs or into metrics."""

import re
from collections.abc import Iterable
from http import HTTPStatus

from tests.support.e2e_agency import an_alert
from tests.support.e2e_kafka import everything_on
from tests.support.e2e_sample import sample_agency
from tests.support.e2e_town import SERVICES, Town
from tocsin_local.demo_alert import ALERT
from tocsin_local.demo_load import Loaded
from tocsin_schemas.topics import TOPICS

MARKER = "Quokka-7741"
SAID = [{"language": "en-GB", "headline": f"{MARKER} headline", "description": f"{MARKER} text"}]


async def test_no_name_address_or_text_is_on_kafka_in_logs_or_in_metrics(town: Town, sample: Loaded) -> None:
    agency = await sample_agency(town, sample)
    alert = (await agency.post({**ALERT, "info": SAID})).accepted.id
    await agency.post({**an_alert(says=MARKER), "severity": MARKER})  # a refused one is not told either
    await town.settled(alert)

    told = b"\n".join([*await _on_kafka(town), *_in_logs(town), *await _in_metrics(town)]).decode(
        "utf-8", "replace"
    )

    assert str(alert) in told
    assert MARKER not in told
    assert sample.api_key.split("_", 2)[2] not in told
    assert _addresses_in(told).isdisjoint(await _column(town, "SELECT address FROM contact_point"))
    assert _whole(await _column(town, "SELECT DISTINCT name FROM member WHERE name LIKE '% %'"), told) == []


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
