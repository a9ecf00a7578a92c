"""The whole stack as a test sees it: people, agencies, an inbox, the ledger, and processes to break."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import aiohttp

from tests.support.e2e_agency import Agency
from tests.support.e2e_inbox import Sandbox
from tests.support.e2e_phones import Phones
from tests.support.eventually import eventually
from tests.support.world import Resident, an_agency, settled_in
from tocsin_local.stack import Stack
from tocsin_store import agencies
from tocsin_store.pool import UNAVAILABLE, Pool, open_pool

SERVICES: Final = ("alert-api", "dispatcher", "email-worker", "sms-worker", "receipts-worker")

OPEN: Final = """
SELECT (SELECT count(*) FROM fan_out WHERE alert_id = $1 AND done_at IS NULL)
     + (SELECT count(*) FROM delivery WHERE alert_id = $1 AND (work <> 'none' OR state = 'pending'))
"""

UNTOLD: Final = "SELECT count(*) FROM delivery WHERE alert_id = $1 AND channel = 'sms' AND state = 'sent'"


@dataclass(frozen=True, slots=True)
class People:
    """An agency and the members who consented to it, one address each."""

    agency: Agency
    members: Sequence[UUID]
    domains: Sequence[str] = ("homes.example",)

    def address(self, number: int) -> str:
        """Where one of them is reached."""
        return f"{self.members[number].hex}.0@{self.domains[number % len(self.domains)]}"


@dataclass(frozen=True, slots=True)
class Town:
    """Everything, while it runs."""

    stack: Stack
    pool: Pool
    http: aiohttp.ClientSession
    sandbox: Sandbox
    phones: Phones

    def url(self, name: str) -> str:
        """Where a service answers."""
        return next(one.url for one in self.stack.state.processes if one.name == name and one.url)

    @property
    def kafka(self) -> str:
        """Where Kafka is."""
        return self.stack.kafka_bootstrap

    def agency(self, id_: UUID, key: str, *, door: str = "alert-api") -> Agency:
        """An agency that goes in by this door."""
        return Agency(id_, key, self.url(door), self.http)

    async def people(
        self, count: int, *, door: str = "alert-api", domains: Sequence[str] = ("homes.example",)
    ) -> People:
        """New members around `HOME` and an agency of their own: its alerts meet nobody else.

        Their addresses go round the domains.
        """
        agency = await an_agency(self.pool)
        key = agencies.new_key()
        async with self.pool.acquire() as connection:
            await agencies.add_key(connection, key, agency_id=agency, scopes=list(agencies.Scope))
        residents = [Resident(domain=domains[number % len(domains)]) for number in range(count)]
        members = await settled_in(self.pool, agency, residents)
        return People(self.agency(agency, key.text, door=door), members, domains)

    async def deliveries_of(self, alert: UUID) -> dict[UUID, str]:
        """The delivery of each member, where each has one address."""
        rows = await self.pool.fetch("SELECT member_id, id FROM delivery WHERE alert_id = $1", alert)
        return {row["member_id"]: str(row["id"]) for row in rows}

    async def open(self, alert: UUID) -> int:
        """How much of an alert is left to do; 1 at least while the database does not answer."""
        try:
            return int(await self.pool.fetchval(OPEN, alert))
        except UNAVAILABLE:
            return 1

    async def settled(self, alert: UUID, *, within: float = 120.0) -> None:
        """Return when nothing of an alert is left to do."""

        async def look() -> bool:
            return await self.open(alert) == 0

        await eventually(look, within=within)

    async def reported(self, alert: UUID, *, within: float = 120.0) -> None:
        """Return when nothing of an alert is left to do, and providers have told the end of every text."""
        await self.settled(alert, within=within)

        async def look() -> bool:
            return not await self.pool.fetchval(UNTOLD, alert)

        await eventually(look, within=within)

    async def under_way(self, alert: UUID, *, arrived: int) -> None:
        """Return when so many messages have arrived; the rest must still be open."""

        async def look() -> bool:
            return len((await self.sandbox.of(alert)).message_ids) >= arrived

        await eventually(look)
        assert await self.open(alert) > 0

    async def kill(self, *names: str) -> None:
        """SIGKILL, one right after the other; they are started again."""
        for name in names:
            await asyncio.to_thread(self.stack.kill, name)

    async def restart(self, names: Sequence[str]) -> None:
        """SIGTERM to each; returns when each is ready again."""
        before = {name: self.stack.pid(name) for name in names}
        for name in names:
            self.stack.kill(name, signal.SIGTERM)

        async def anew() -> bool:
            return all(self.stack.pid(name) not in (None, before[name]) for name in names)

        await eventually(anew)
        await self.ready(names)

    @asynccontextmanager
    async def stopped(self, name: str) -> AsyncIterator[None]:
        """SIGSTOP while inside: it holds what it holds, and says nothing."""
        self.stack.kill(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self.stack.kill(name, signal.SIGCONT)

    async def measure(self, name: str, metric: str) -> float:
        """What a service says of one of its metrics, all labels added up."""
        async with self.http.get(f"{self.url(name)}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(
            float(line.split()[-1]) for line in lines if line.startswith((f"{metric}{{", f"{metric} "))
        )

    async def stop(self, name: str) -> None:
        """Stop a process and leave it stopped."""
        await asyncio.to_thread(self.stack.stop_one, name)

    async def start(self, name: str) -> None:
        """Start it again; returns when it is ready."""
        self.stack.start_one(name)
        await self.ready([name])

    async def ready(self, names: Sequence[str] | None = None) -> None:
        """Return when these processes (all, if None) are ready."""
        await asyncio.to_thread(self.stack.wait_ready, names)


@asynccontextmanager
async def town_of(stack: Stack) -> AsyncIterator[Town]:
    """Look at a running stack; whatever the test did, providers behave before and after."""
    async with (
        await open_pool(stack.database_url, size=4, application_name="tests") as pool,
        aiohttp.ClientSession() as http,
    ):
        url = next(one.url for one in stack.state.processes if one.name == "tocsin-sandbox" and one.url)
        town = Town(stack, pool, http, Sandbox(url, http), Phones(url, http))
        await town.ready()
        yield town
        await town.ready(["tocsin-sandbox"])
        await town.sandbox.behave()
        await town.phones.behave()
