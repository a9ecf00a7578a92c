"""The load of a run: everybody outside at once, each by a chance of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp

from tests.faults.channels import every_channel
from tests.faults.evidence.leaks import Personal
from tests.faults.evidence.ledgers import Ledgers
from tests.faults.fault import Scene
from tests.faults.load.changers import change_alerts
from tests.faults.load.client import TIMEOUT, Client
from tests.faults.load.crowds import settled_crowds
from tests.faults.load.leavers import leave
from tests.faults.load.means import Board, Means, Profile
from tests.faults.load.posters import post_alerts
from tests.faults.load.watchers import final_snapshots, watch
from tests.faults.load.wires import doors_of

__all__ = ["Load", "Profile"]


class Load:
    """First `settle_in`, then `run`, and `final_snapshots` once everything is settled."""

    def __init__(self, scene: Scene, *, seed: int, profile: Profile, ledgers: Ledgers) -> None:
        self._outsides = tuple(one for one in every_channel() if one.channel in profile.channels)
        channels = tuple(one.channel for one in self._outsides)
        self._means = Means(scene, seed, profile, channels, (), ledgers, Board(), asyncio.Event())

    async def settle_in(self) -> None:
        """Add agencies and members; nothing may be broken yet."""
        means = self._means
        crowds = await settled_crowds(
            means.scene.town.pool, means.profile, self._outsides, random=means.random("crowds")
        )
        means.ledgers.keep_keys([crowd.key for crowd in crowds])
        self._means = replace(means, crowds=crowds)

    async def run(self, stop: asyncio.Event) -> None:
        """Let everybody act until told to stop; returns when what they had begun is known, or after a minute."""
        means = self._means = replace(self._means, stop=stop)
        async with self._client() as client, asyncio.TaskGroup() as actors:
            for actor in (change_alerts, leave, watch, post_alerts):
                actors.create_task(actor(means, client))
            for outside in self._outsides:
                actors.create_task(outside.call_back(means))

    async def final_snapshots(self) -> None:
        """Write down what the surfaces show, and what the providers have accepted; everything must be settled."""
        means = self._means
        async with self._client() as client:
            await final_snapshots(means, client)
        for ledger in (one.ledger for one in every_channel()):
            means.ledgers.keep_copy(ledger.where(means.scene.stack.layout), name=ledger.copy)

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Client]:
        personal = Personal(tuple(crowd.key.split("_", 2)[2] for crowd in self._means.crowds))
        async with aiohttp.ClientSession(timeout=TIMEOUT) as http:
            yield Client(self._means.ledgers, self._means.stop, http, doors_of(self._means), personal)
