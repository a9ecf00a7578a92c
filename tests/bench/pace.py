"""A sender's pace with two workers: the most segments in any second, how much of the limit is used, and estimates."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.bench.crowds import Crowd, crowd
from tests.bench.rows import Row
from tests.support.e2e_town import town_of
from tests.support.eventually import eventually
from tests.support.texts import NUMBERED
from tocsin_local.stack import Stack
from tocsin_schemas.words import Channel

_LIMIT: Final = 100
_PHONES: Final = 7_000
_SECONDS: Final = 60.0
_WITHIN: Final = 0.1
_SETTLES: Final = 600.0

PHONES: Final = """
WITH c AS (UPDATE consent SET channel = 'sms' WHERE agency_id = $1 RETURNING member_id),
     a AS (UPDATE agency SET sms_from = '+447700900123', sms_segments_per_s = $2 WHERE id = $1)
SELECT array_agg(member_id) FROM c
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What the API told, in unix time."""

    begun: float
    ends_at_post: float
    midway: float
    ends_midway: float


@dataclass(frozen=True, slots=True)
class Taken:
    """A text as the provider took it."""

    at: float
    segments: int


def measure(*, console: Console) -> list[Row]:
    """Text 7,000 phones at 100 segments a second."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        stack = Stack(Path(folder) / "stack", replicas={"sms-worker": 2})
        with stack:
            stack.wait_ready(timeout=timedelta(seconds=120))
            console.print(f"pace: {_PHONES} texts at {_LIMIT} segments/s, two workers")
            told = asyncio.run(_sent(stack))
            taken = [_read(line) for line in _lines(stack) if not line.startswith("#")]
        stack.delete()
    return [*_pace(taken), *_eta(told, last=max(text.at for text in taken))]


async def _sent(stack: Stack) -> Told:
    async with town_of(stack) as town:
        people = await crowd(town, _PHONES)
        members = await town.pool.fetchval(PHONES, people.agency.id, _LIMIT)
        await town.pool.execute(NUMBERED, members, Channel.SMS.value)
        await town.pool.execute("ANALYZE contact_point, consent")
        answer = await people.agency.post(_alert(people))
        accepted = answer.accepted
        assert accepted.texts is not None
        assert accepted.texts.ends is not None
        await eventually(lambda: _is_half(stack), within=_SETTLES)
        now = (await people.agency.alert(accepted.id)).progress
        await town.settled(accepted.id, within=_SETTLES)
        return Told(
            accepted.created_at.timestamp(),
            accepted.texts.ends.timestamp(),
            now.as_of.timestamp(),
            now.eta[Channel.SMS].timestamp(),
        )


def _alert(people: Crowd) -> dict[str, object]:
    says = {"headline": "Flood", "description": "The river rises.", "text": "The river rises. Move upstairs."}
    return {
        "category": "flood",
        "severity": "minor",
        "areas": [people.area],
        "info": [{"language": "en-GB", **says}],
        "purpose": "public_task",
        "channels": ["sms"],
    }


async def _is_half(stack: Stack) -> bool:
    return len(_lines(stack)) >= _PHONES // 2


def _lines(stack: Stack) -> list[str]:
    return (stack.layout.sandbox / "texts.log").read_text().splitlines()


def _read(line: str) -> Taken:
    fields = line.split("\t")
    return Taken(float(fields[0]), int(fields[5]))


def _pace(taken: Sequence[Taken]) -> list[Row]:
    texts = sorted(taken, key=lambda text: text.at)
    most = max(_within(texts[n:], 1.0) for n in range(len(texts)))
    minute = _within(texts, _SECONDS)
    full = _LIMIT * _SECONDS
    return [
        Row(
            "pace-most",
            most,
            "segments in a second",
            _LIMIT,
            most / _LIMIT,
            "≤ the limit",
            most <= _LIMIT,
        ),
        Row("pace-used", minute, f"segments in {_SECONDS:.0f} s", full, minute / full),
    ]


def _within(texts: Sequence[Taken], seconds: float) -> int:
    """Segments from the first of these on."""
    count = 0
    for text in texts:
        if text.at >= texts[0].at + seconds:
            break
        count += text.segments
    return count


def _eta(told: Told, *, last: float) -> list[Row]:
    pairs = {
        "eta-at-post": (told.ends_at_post - told.begun, last - told.begun),
        "eta-midway": (told.ends_midway - told.midway, last - told.midway),
    }
    return [
        Row(name, said, "s to the end", took, said / took, "within 10 %", abs(said / took - 1) <= _WITHIN)
        for name, (said, took) in pairs.items()
    ]
