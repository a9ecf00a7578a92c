"""Agencies post alerts, one after the other, whatever became of the one before."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from random import Random
from typing import Final

from tests.faults.evidence.leaks import TEXT
from tests.faults.history import Asked
from tests.faults.load.client import Client, Request
from tests.faults.load.crowds import drawn_uuid
from tests.faults.load.means import AREA, Means, Posted
from tests.faults.load.plans import drawn_plan, posted
from tests.support.world import PURPOSE
from tocsin_schemas.words import Severity

_SEVERITIES: Final = (Severity.EXTREME, Severity.SEVERE, Severity.MINOR)
_SHORT_S: Final = (8.0, 45.0)
_SHORT_SHARE: Final = 0.2
_TOO_LONG: Final = " It rises." * 148
"""Eleven segments of text, which a provider would take; ten are the most."""


async def post_alerts(means: Means, client: Client) -> None:
    """Post until the load is told to stop; then say that no more will come."""
    random = means.random("posters")
    async with asyncio.TaskGroup() as posts:
        while not await means.stopped_within(means.profile.post_every):
            crowd = random.choice(means.crowds)
            (severity,) = random.choices(_SEVERITIES, means.profile.severities)
            posted = Posted(drawn_uuid(random), crowd, severity)
            posts.create_task(_post(means, client, posted, random=means.random(f"post {posted.alert}")))
    means.board.close()


def drawn_seconds(severity: Severity, *, longest: float, random: Random) -> float:
    """How long an alert lasts. Minor alerts are over soon, and some of the others."""
    short = severity is Severity.MINOR or random.random() < _SHORT_SHARE
    return random.uniform(*_SHORT_S) if short else longest


def content(severity: Severity, *, lasts: float, random: Random, more: str = "") -> dict[str, object]:
    """What is said, in words that can be found wherever they leak."""
    mark = f"{TEXT}{random.getrandbits(32):08x}"
    description = f"{mark}: it rises.{more}"
    return {
        "category": "flood",
        "severity": severity.value,
        "info": [{"language": "en-GB", "headline": f"Flood {mark}", "description": description}],
        "purpose": PURPOSE.value,
        "expires": (datetime.now(UTC) + timedelta(seconds=lasts)).isoformat(),
    }


async def _post(means: Means, client: Client, wanted: Posted, *, random: Random) -> None:
    """Post one; its drawn id is its key until it has one of its own."""
    profile = means.profile
    more = _TOO_LONG if random.random() < profile.too_long else ""
    lasts = drawn_seconds(wanted.severity, longest=profile.longest, random=random)
    said = content(wanted.severity, lasts=lasts, random=random, more=more)
    plan = _plan(means, lasts=lasts, random=random)
    way = {"plan": posted(plan)} if plan else {"channels": list(means.channels)}
    body = {**said, "areas": [AREA], **way}
    request = Request("post", wanted.crowd, "/v1/alerts", body, key=str(wanted.alert), plan=plan)
    answer = await client.known(request, random=random)
    if answer and answer.status == HTTPStatus.ACCEPTED and answer.alert:
        means.board.tell(Posted(answer.alert, wanted.crowd, wanted.severity))


def _plan(means: Means, *, lasts: float, random: Random) -> tuple[Asked, ...]:
    """Of a share of alerts; the others go out on all channels at once."""
    if random.random() >= means.profile.plans:
        return ()
    return drawn_plan(means.channels, waits=means.profile.waits, lasts=lasts, random=random)
