"""Real servers for every test that asks: one Kafka and one PostgreSQL a run, a fresh database a module."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.databases import created_database, migrated_template
from tocsin_local.stack import Stack
from tocsin_runtime.kafka.admin import apply_topics
from tocsin_schemas.topics import TOPICS
from tocsin_store.pool import Pool, open_pool


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka and PostgreSQL of this run."""
    stack = Stack.servers_only(tmp_path_factory.mktemp("servers"))
    with stack:
        yield stack
    stack.delete()


@pytest.fixture(scope="session")
def template_url(servers: Stack) -> str:
    """A migrated database nobody writes to: the others are copies of it."""
    return migrated_template(servers.database_url)


@pytest.fixture(scope="module")
def database_url(template_url: str) -> str:
    """A fresh migrated database for this module."""
    return asyncio.run(created_database(template_url, name=f"test_{uuid4().hex}"))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Connections to the module's database."""
    async with await open_pool(database_url, size=5, application_name="tests") as pool:
        yield pool


@pytest.fixture(scope="session")
def kafka_bootstrap(request: pytest.FixtureRequest) -> str:
    """A Kafka with every topic: `KAFKA_BOOTSTRAP_SERVERS`, else this run's own."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    bootstrap: str = given or request.getfixturevalue("servers").kafka_bootstrap
    asyncio.run(apply_topics(bootstrap, TOPICS, replication=1))
    return bootstrap


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first: a mistake shows before servers start."""
    order = ("unit", "integration", "e2e", "faults")
    root = Path(__file__).parent
    items.sort(key=lambda item: order.index(item.path.relative_to(root).parts[0]))
