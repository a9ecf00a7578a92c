"""Overload: refused before the body is read, never accepted and then lost (invariant I9)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from alert_api.settings import ApiSettings
from tests.integration.alert_api.conftest import Agency, Api, serving

Body = dict[str, object]

MIB = 1_048_576


@pytest.fixture
def tight(settings: ApiSettings) -> ApiSettings:
    """Room for one body an agency, and for two in all."""
    return settings.model_copy(update={"inflight_bytes_agency": MIB, "inflight_bytes": 2 * MIB})


class Trickle:
    """A connection over which a body is begun and not ended."""

    def __init__(self, api: Api, agency: Agency, *, length: str = f"Content-Length: {MIB}") -> None:
        self._port = int(api.base.rpartition(":")[2])
        self._head = (
            f"POST /v1/alerts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {agency.key}\r\n"
            f"Idempotency-Key: {uuid4()}\r\nContent-Type: application/json\r\n{length}\r\n"
            "Expect: 100-continue\r\n\r\n"
        ).encode()

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[asyncio.StreamReader]:
        """Lend what the server says after `100 Continue`: that is, once it waits for the body."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(self._head)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        try:
            yield reader
        finally:
            writer.close()
            await writer.wait_closed()


async def in_flight(api: Api) -> float:
    metrics = (await api.client(None).get("/metrics")).text
    [line] = [each for each in metrics.splitlines() if each.startswith("tocsin_inflight_body_bytes ")]
    return float(line.split()[1])


@pytest.mark.parametrize("length", [f"Content-Length: {MIB}", "Transfer-Encoding: chunked"])
async def test_an_agency_with_too_much_under_way_is_refused_unread(
    tight: ApiSettings, agency: Agency, alert: Body, length: str
) -> None:
    async with serving(tight) as api, Trickle(api, agency, length=length).begun():
        answer = await api.client(agency.key).post(alert)
        listed = await api.client(agency.key).get("/v1/alerts")

    assert (answer.status, answer.at("type")) == (429, "/problems/overload")
    assert answer.headers["Retry-After"] == "1"
    assert listed.status == 200


async def test_another_agency_goes_on(
    tight: ApiSettings, agency: Agency, other_agency: Agency, alert: Body
) -> None:
    async with serving(tight) as api, Trickle(api, agency).begun():
        answer = await api.client(other_agency.key).post(alert)

    assert answer.status == 202


async def test_too_much_from_all_is_refused_unread(
    tight: ApiSettings, agency: Agency, other_agency: Agency, alert: Body
) -> None:
    both = tight.model_copy(update={"inflight_bytes": MIB})
    async with serving(both) as api, Trickle(api, agency).begun():
        answer = await api.client(other_agency.key).post(alert)

    assert (answer.status, answer.at("type")) == (503, "/problems/busy")
    assert answer.headers["Retry-After"] == "1"


async def test_a_client_that_goes_away_gives_its_place_back(
    tight: ApiSettings, agency: Agency, alert: Body
) -> None:
    async with serving(tight) as api:
        async with Trickle(api, agency).begun():
            assert await in_flight(api) == MIB
        async with asyncio.timeout(30):
            while await in_flight(api):
                await asyncio.sleep(0.01)
        answer = await api.client(agency.key).post(alert)

    assert answer.status == 202


async def test_a_body_that_does_not_come_is_not_awaited_for_ever(tight: ApiSettings, agency: Agency) -> None:
    impatient = tight.model_copy(update={"body_wait": timedelta(milliseconds=50)})
    async with serving(impatient) as api:
        async with Trickle(api, agency).begun() as reader:
            told = await asyncio.wait_for(reader.read(), 30)  # to the end: the connection is closed
        left = await in_flight(api)

    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/slow-body" in told
    assert left == 0


async def test_every_answer_gives_its_bytes_back(tight: ApiSettings, agency: Agency, alert: Body) -> None:
    async with serving(tight) as api:
        client = api.client(agency.key)
        statuses = [(await client.post(body)).status for body in (alert, {}, alert)]
        left = await in_flight(api)

    assert statuses == [202, 422, 202]
    assert left == 0
