"""The real app behind a real HTTP server, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID, uuid4

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from alert_api.app import create_app
from alert_api.compose import running
from alert_api.server import server_for
from alert_api.services import Services
from alert_api.settings import ApiSettings
from tocsin_store import agencies, areas
from tocsin_store.pool import Pool

NOBODY = "127.0.0.1:1"  # no server listens on port 1
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[-2.70, 53.75], [-2.69, 53.75], [-2.69, 53.76], [-2.70, 53.76], [-2.70, 53.75]]],
}
EVERY_SCOPE = tuple(agencies.Scope)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    json: object

    @property
    def faults(self) -> dict[str, str]:
        """Rule by pointer."""
        return {each["pointer"]: each["rule"] for each in cast("list[dict[str, str]]", self.at("errors"))}

    def at(self, *path: str | int) -> object:
        """What the JSON has there."""
        found = self.json
        for step in path:
            found = found[step] if isinstance(found, Mapping) else cast("list[object]", found)[int(step)]
        return found


@dataclass(frozen=True)
class Client:
    """An agency's program. `key` None sends no Authorization."""

    base: str
    http: aiohttp.ClientSession
    key: str | None

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.send("GET", path, headers=headers)

    async def post(self, body: object, *, key: str | None = None) -> Answer:
        return await self.send(
            "POST", "/v1/alerts", json=body, headers={"Idempotency-Key": key or str(uuid4())}
        )

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        data: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        every = dict(headers or {})
        if self.key is not None:
            every["Authorization"] = f"Bearer {self.key}"
        async with self.http.request(
            method, self.base + path, json=json, data=data, headers=every, allow_redirects=False
        ) as response:
            text = await response.text()
            content = await response.json() if "json" in response.content_type else {}
            return Answer(response.status, response.headers, text, content)


@dataclass(frozen=True)
class Api:
    """One running alert-api."""

    base: str
    http: aiohttp.ClientSession
    services: Services

    def client(self, key: str | None) -> Client:
        return Client(self.base, self.http, key)


@asynccontextmanager
async def serving(settings: ApiSettings) -> AsyncIterator[Api]:
    """Start the app on a free port."""
    async with running(settings, registry=CollectorRegistry()) as services, aiohttp.ClientSession() as http:
        server = server_for(create_app(services, public_url="http://localhost"), host="127.0.0.1", port=0)
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.001)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Api(f"http://127.0.0.1:{port}", http, services)
        task.cancel()  # told to stop, it looks up ten times a second
        for listening in server.servers:
            listening.close()
        for connection in server.server_state.connections.copy():
            connection.shutdown()


@pytest.fixture
def settings(database_url: str) -> ApiSettings:
    return ApiSettings(
        database_url=SecretStr(database_url),
        signing_key=SecretStr("k" * 32),
        kafka_bootstrap_servers=NOBODY,
        handover_wait=timedelta(milliseconds=20),
    )


@pytest.fixture
async def api(settings: ApiSettings) -> AsyncIterator[Api]:
    async with serving(settings) as api:
        yield api


@dataclass(frozen=True)
class Agency:
    id: UUID
    key_id: str
    key: str


async def new_agency(pool: Pool, *, scopes: tuple[agencies.Scope, ...] = EVERY_SCOPE) -> Agency:
    """Add an agency with one key."""
    key = agencies.new_key()
    async with pool.acquire() as conn:
        agency_id = await agencies.add(
            conn,
            slug=f"a{uuid4().hex}",
            name="Fire & Rescue",
            email_from="alerts@fire.example",
            reply_to=None,
        )
        assert agency_id is not None
        await agencies.add_key(conn, key, agency_id=agency_id, scopes=scopes)
    return Agency(agency_id, key.id, key.text)


@pytest.fixture
async def agency(pool: Pool) -> Agency:
    return await new_agency(pool)


@pytest.fixture
async def other_agency(pool: Pool) -> Agency:
    return await new_agency(pool)


@pytest.fixture
def client(api: Api, agency: Agency) -> Client:
    return api.client(agency.key)


@pytest.fixture
async def ward(pool: Pool) -> str:
    """The code of a known area."""
    async with pool.acquire() as conn:
        await areas.load(conn, [areas.Area("E05000001", "Riverside", SQUARE)])
    return "E05000001"


@pytest.fixture
def alert(ward: str) -> dict[str, object]:
    """A body that is accepted."""
    return {
        "category": "flood",
        "severity": "severe",
        "areas": [{"code": ward}],
        "info": [{"language": "en-GB", "headline": "Flood", "description": "The river rises."}],
        "purpose": "public_task",
    }
