import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.faults.evidence.leaks import Personal
from tests.faults.evidence.ledgers import Ledgers
from tests.faults.load.client import Client, Request
from tests.faults.load.means import Crowd

AGENCY, ALERT = UUID(int=1), UUID(int=2)
REQUEST = Request("post", Crowd(AGENCY, "tcsn_1_hush", ()), "/v1/alerts", {}, key="key")
PROBLEM = "application/problem+json"
LATER = {"Retry-After": "1"}

Give = Callable[[], web.Response]


def taken() -> web.Response:
    return web.json_response({"id": str(ALERT)}, status=202)


def refused(status: int, *, later: bool = False, says: str = "") -> Give:
    return lambda: web.Response(
        status=status, headers=LATER if later else {}, content_type=PROBLEM, text=says
    )


@asynccontextmanager
async def a_client(folder: Path, *answers: Give) -> AsyncIterator[tuple[Client, list[str]]]:
    """Of a door that gives these answers, then none; with the keys it saw."""
    left, keys = list(answers), list[str]()

    async def answer(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        return left.pop(0)()

    app = web.Application()
    app.router.add_post("/v1/alerts", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        door = str(server.make_url("")).rstrip("/")
        yield Client(Ledgers(folder), asyncio.Event(), http, [door], Personal(("hush",))), keys


def chance() -> Random:
    return Random(1)  # noqa: S311 - spreads repetitions, guards nothing


def answers_in(folder: Path) -> list[str]:
    return (folder / "clients.jsonl").read_text().splitlines()


@pytest.mark.parametrize(
    "first",
    [
        refused(503, later=True),
        refused(429, later=True),
        refused(409, later=True),
        refused(500),
        refused(408),
    ],
)
async def test_a_request_is_repeated_under_its_key_until_the_answer_is_final(
    tmp_path: Path, first: Give
) -> None:
    async with a_client(tmp_path, first, taken) as (client, keys):
        answer = await client.known(REQUEST, random=chance())

    assert answer
    assert (answer.status, answer.alert, answer.problem) == (202, ALERT, False)
    assert keys == ["key", "key"]
    assert len(answers_in(tmp_path)) == 2


@pytest.mark.parametrize("status", [404, 409, 422])
async def test_a_refusal_is_final(tmp_path: Path, status: int) -> None:
    async with a_client(tmp_path, refused(status)) as (client, keys):
        answer = await client.known(REQUEST, random=chance())

    assert answer
    assert (answer.status, answer.alert, answer.problem, answer.retry_after) == (status, None, True, False)
    assert len(keys) == 1


async def test_no_answer_is_written_down_too(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as http:
        stop = asyncio.Event()
        stop.set()
        client = Client(Ledgers(tmp_path), stop, http, ["http://127.0.0.1:9"], Personal())

        answer = await client.known(REQUEST, random=chance())

    assert answer is None
    assert len(answers_in(tmp_path)) == 6
    assert all('"status":0' in line for line in answers_in(tmp_path))


async def test_what_leaks_in_an_error_body_is_written_down(tmp_path: Path) -> None:
    async with a_client(tmp_path, refused(422, says="no hush for Quokka 1")) as (client, _):
        await client.known(REQUEST, random=chance())

    leaks = (tmp_path / "leaks.jsonl").read_text().splitlines()
    assert len(leaks) == 2
    assert all("answer 422 to post" in line and "hush" not in line for line in leaks)
