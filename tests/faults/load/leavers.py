"""Members withdraw their consent to a channel by the link in a message, while an alert is under way."""

import asyncio
import time
from random import Random
from typing import Final

from tests.faults.history import Withdrawal
from tests.faults.load.client import Client
from tests.faults.load.means import Means
from tests.support.world import PURPOSE
from tocsin_runtime.tokens import Unsubscribe, sign_unsubscribe

_SOON_S: Final = (0.0, 4.0)


async def leave(means: Means, client: Client) -> None:
    """Let some members of an agency leave at each of its alerts; nobody twice."""
    random, alerts = means.random("leavers"), means.board.listen()
    staying = {crowd.agency: random.sample(crowd.members, len(crowd.members)) for crowd in means.crowds}
    key = (means.scene.stack.layout.secrets / "tocsin_signing_key").read_text().encode()
    async with asyncio.TaskGroup() as leaving:
        async for posted in alerts:
            others = staying[posted.crowd.agency]
            for _ in range(min(_how_many(means, random=random), len(others))):
                member = others.pop()
                channel = means.random(f"leaver's channel {member}").choice(means.channels)
                what = Unsubscribe(member, posted.crowd.agency, PURPOSE, channel)
                link = _Link(means, client, what, key)
                leaving.create_task(link.press(random=means.random(f"leaver {member}")))


def _how_many(means: Means, *, random: Random) -> int:
    whole, rest = divmod(means.profile.members * means.profile.leaves, 1)
    return int(whole) + (random.random() < rest)


class _Link:
    """In the messages of an agency to a member."""

    def __init__(self, means: Means, client: Client, what: Unsubscribe, key: bytes) -> None:
        self._means = means
        self._client = client
        self._what = what
        self._key = key

    async def press(self, *, random: Random) -> None:
        """Press it some moments later, and write down when it was done."""
        if await self._means.stopped_within(random.uniform(*_SOON_S)):
            return
        what = self._what
        if await self._client.left(sign_unsubscribe(self._key, what), random=random):
            done = Withdrawal(time.time(), what.member_id, what.agency_id, what.purpose, what.channel)
            await self._means.ledgers.keep(done)
