"""One whole stack for all of these tests, two of every service, with sample members in it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.e2e_town import SERVICES, Town, town_of
from tocsin_local.demo_load import Loaded, load
from tocsin_local.stack import Stack

MEMBERS = 2_200


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack, ready. The logs of a run in which something failed are kept."""
    running = Stack(
        tmp_path_factory.mktemp("stack"),
        replicas=dict.fromkeys(SERVICES, 2),
        extra_environment={"TOCSIN_SANDBOX_KEEP_MESSAGES": "20000"},  # all of them can be read
    )
    with running:
        running.wait_ready()
        yield running
    if request.session.testsfailed:
        shutil.copytree(running.layout.logs, tmp_path_factory.mktemp("logs"), dirs_exist_ok=True)
    running.delete()


@pytest.fixture(scope="session")
def sample(stack: Stack) -> Loaded:
    """The demo's members and agency."""
    return asyncio.run(load(stack.database_url, count=MEMBERS, seed=1, progress=lambda _: None))


@pytest.fixture
async def town(stack: Stack, sample: Loaded) -> AsyncIterator[Town]:  # noqa: ARG001 - areas come with the sample
    """The stack, everything ready, the relay well-behaved."""
    async with town_of(stack) as town:
        yield town
