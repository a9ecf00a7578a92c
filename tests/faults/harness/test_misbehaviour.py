import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.faults.misbehaviour import Misbehaviour
from tests.support.e2e_inbox import Sandbox as Door
from tests.support.eventually import eventually
from tocsin_local.ports import free_base
from tocsin_sandbox.sandbox import Sandbox
from tocsin_sandbox.settings import Settings
from tocsin_sandbox.smtp.phases import Phase
from tocsin_sandbox.smtp.rules import Action, ActionType, Rule, RuleSet

BASE_URL = "http://127.0.0.1"


def a_rule(text: str) -> Rule:
    return Rule(phase=Phase.BODY, action=Action(type=ActionType.STALL, text=text), share=0.5)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a sandbox that listens where it listened before."""
    base = free_base()
    return Settings(smtp_port=base, http_port=base + 1, data_dir=tmp_path)


@pytest.fixture
async def misbehaviour(settings: Settings, tmp_path: Path) -> AsyncIterator[Misbehaviour]:
    async with aiohttp.ClientSession() as http:
        yield Misbehaviour(Door(f"{BASE_URL}:{settings.http_port}", http), tmp_path / "rules.lock")


async def texts(misbehaviour: Misbehaviour) -> set[str]:
    async with misbehaviour.sandbox.http.get(f"{misbehaviour.sandbox.url}/api/rules") as answer:
        rules = RuleSet.model_validate_json(await answer.read()).rules
    return {rule.action.text for rule in rules}


async def test_faults_that_begin_and_end_together_leave_each_other_alone(
    settings: Settings, misbehaviour: Misbehaviour
) -> None:
    async with Sandbox(settings):
        await asyncio.gather(*(misbehaviour.begin(a_rule(f"Rule {number}")) for number in range(8)))
        all_of_them = await texts(misbehaviour)

        await asyncio.gather(*(misbehaviour.end(f"Rule {number}") for number in range(1, 8)))
        left = await texts(misbehaviour)

    assert all_of_them == {f"Rule {number}" for number in range(8)}
    assert left == {"Rule 0"}


async def test_a_rule_is_taken_away_though_the_sandbox_was_gone_meanwhile(
    settings: Settings, misbehaviour: Misbehaviour
) -> None:
    async with Sandbox(settings):
        await misbehaviour.begin(a_rule("Rule 1"))
    ending = asyncio.create_task(misbehaviour.end("Rule 1"))

    async with Sandbox(settings):
        await ending

        assert await texts(misbehaviour) == set()


async def test_a_sandbox_that_is_down_keeps_its_rules(settings: Settings, misbehaviour: Misbehaviour) -> None:
    async with Sandbox(settings):
        await misbehaviour.begin(a_rule("Rule 1"))

        await misbehaviour.down(down=True)
        await misbehaviour.begin(a_rule("Rule 2"))
        refused = await listens(settings)
        await misbehaviour.down(down=False)

        assert not refused
        assert await texts(misbehaviour) == {"Rule 1", "Rule 2"}
        await eventually(lambda: listens(settings))


async def listens(settings: Settings) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", settings.smtp_port)
    except OSError:
        return False
    writer.close()
    return True
