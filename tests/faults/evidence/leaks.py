"""Looks for what is personal or secret where it may not be: on Kafka, in logs, in metrics, in error bodies.

Whatever is personal in a run holds a word that nothing else holds, so that a search is fast and misses nothing.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import aiohttp

from tests.faults.channels import every_channel
from tests.faults.evidence.ledgers import Ledgers, read_keys
from tests.faults.history import Leak
from tests.faults.playing import SANDBOX
from tests.support.e2e_kafka import everything_on
from tests.support.e2e_town import Town
from tocsin_schemas.topics import TOPICS

NAME: Final = "Quokka"
TEXT: Final = "Bilby-"

_NAMES_AND_TEXTS: Final = rb"quokka[^0-9a-z]{0,3}[0-9a-f]*|bilby-[0-9a-f]*"
_TO_ITS_END: Final = rb"[\w.@%+-]*"
_BLOT: Final = b"*****"
_BEFORE: Final = 60
_AFTER: Final = 80
_LONGEST: Final = 1_000
_MOST: Final = 10
_SECRETS: Final = (
    "tocsin_signing_key",
    "postgres_password",
    "tocsin_sandbox_twilio_auth_token",
    "tocsin_sandbox_notify_api_key",
    "tocsin_sandbox_notify_callback_token",
)
_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Personal:
    """What gives it away, beside the words of names and texts."""

    secrets: tuple[str, ...] = ()
    marks: tuple[str, ...] = field(
        default_factory=lambda: tuple(mark for one in every_channel() for mark in one.marks)
    )
    """Of addresses."""


def leaks_in(where: str, data: bytes, *, personal: Personal) -> Iterator[Leak]:
    """Find what may not be in these bytes, in whatever case: of each kind the first ten."""
    lowered = data.lower()
    for what, word in _words(personal):
        for place in islice(_places(lowered, word), _MOST):
            yield Leak(where, what, _excerpt(data, place, personal=personal))
    for secret in personal.secrets:
        for place in islice(_places(data, secret.encode()), _MOST):
            yield Leak(where, "secret", _excerpt(data, place, personal=personal))


async def gather_leaks(town: Town, folder: Path) -> None:
    """Look through all of Kafka, all logs and the metrics of every service; what is found goes to the ledger."""
    ledgers, personal = Ledgers(folder), secrets_of(town, folder)
    async for where, data in _everything(town):
        await ledgers.keep(*await asyncio.to_thread(_found, where, data, personal))


def secrets_of(town: Town, folder: Path) -> Personal:
    """The secrets of a stack, and those that agencies were given."""
    own = [(town.stack.layout.secrets / name).read_text() for name in _SECRETS]
    return Personal((*own, *(key.split("_", 2)[2] for key in read_keys(folder))))


def _found(where: str, data: bytes, personal: Personal) -> list[Leak]:
    return list(leaks_in(where, data, personal=personal))


def _words(personal: Personal) -> Iterator[tuple[Literal["name", "address", "text"], bytes]]:
    yield "name", NAME.lower().encode()
    for mark in personal.marks:
        yield "address", mark.lower().encode()
    yield "text", TEXT.lower().encode()


def _places(data: bytes, thing: bytes) -> Iterator[int]:
    place = data.find(thing)
    while place >= 0:
        yield place
        place = data.find(thing, place + len(thing))


def _excerpt(data: bytes, place: int, *, personal: Personal) -> str:
    """What stands around it; more is blotted than is shown, for a thing cut in two is not recognised."""
    before = _blotted(data[max(0, place - _LONGEST) : place], personal=personal)[-_BEFORE:]
    after = _blotted(data[place : place + _LONGEST], personal=personal)[:_AFTER]
    return (before + after).decode("utf-8", "replace")


def _blotted(data: bytes, *, personal: Personal) -> bytes:
    for secret in personal.secrets:
        data = data.replace(secret.encode(), _BLOT)
    addresses = (re.escape(mark.encode()) + _TO_ITS_END for mark in personal.marks)
    things = b"|".join((_NAMES_AND_TEXTS, *addresses))
    return re.sub(things, _BLOT, data, flags=re.IGNORECASE)


async def _everything(town: Town) -> AsyncIterator[tuple[str, bytes]]:
    for topic in TOPICS:
        records = await everything_on(town.kafka, topic)
        yield f"topic {topic.name}", b"\n".join(record.everything for record in records)
    for path in sorted(town.stack.layout.logs.iterdir()):
        yield f"log {path.name}", await asyncio.to_thread(path.read_bytes)
    for process in town.stack.state.processes:
        if process.url and process.url.startswith("http") and process.name != SANDBOX:
            url = f"{process.url.rstrip('/')}/metrics"
            async with town.http.get(url, timeout=_TIMEOUT) as answer:
                yield f"metrics of {process.name}", await answer.read()
