"""Agencies call alerts off or correct them, mostly while they are on their way."""

import asyncio
from http import HTTPStatus
from random import Random
from typing import Final, Literal

from tests.faults.load.client import Client, Request
from tests.faults.load.crowds import drawn_uuid
from tests.faults.load.means import Means, Posted
from tests.faults.load.posters import content, drawn_seconds
from tocsin_schemas.words import Severity

_SOON_S: Final = (0.0, 6.0)
_ACTS: Final[tuple[Literal["cancel", "all clear", "correct"], ...]] = ("cancel", "all clear", "correct")
_WEIGHTS: Final = (3, 3, 4)
_MINOR_WEIGHTS: Final = (6, 0, 4)
"""An all-clear lasts as long as others do: refused once, one of a minor alert would wait for five minutes."""


async def change_alerts(means: Means, client: Client) -> None:
    """Change a share of all alerts that are told of."""
    random, alerts = means.random("changers"), means.board.listen()
    async with asyncio.TaskGroup() as changes:
        async for posted in alerts:
            own = means.random(f"change {random.getrandbits(64)}")
            if random.random() < means.profile.changes:
                changes.create_task(_change(means, client, posted, random=own))


async def _change(means: Means, client: Client, posted: Posted, *, random: Random) -> None:
    request = _request(posted, longest=means.profile.longest, random=random)
    if await means.stopped_within(random.uniform(*_SOON_S)):
        return
    answer = await client.known(request, random=random)
    if request.act == "correct" and answer and answer.status == HTTPStatus.ACCEPTED:
        means.board.tell(posted)


def _request(posted: Posted, *, longest: float, random: Random) -> Request:
    (act,) = random.choices(_ACTS, _MINOR_WEIGHTS if posted.severity is Severity.MINOR else _WEIGHTS)
    path, key = f"/v1/alerts/{posted.alert}", str(drawn_uuid(random))
    lasts = drawn_seconds(posted.severity, longest=longest, random=random)
    said = content(posted.severity, lasts=lasts, random=random)
    if act == "correct":
        return Request("correct", posted.crowd, f"{path}/updates", {**said, "to": "reached"}, key)
    body = {"reason": "Over", "all_clear": said["info"] if act == "all clear" else None}
    return Request("cancel", posted.crowd, f"{path}/cancel", body, key)
