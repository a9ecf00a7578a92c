"""The sandbox's rules, where several faults have rules in force at once: each adds and takes away its own alone."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
from pydantic import BaseModel

from tests.faults.fault import Scene
from tests.support.e2e_inbox import Sandbox
from tocsin_sandbox.phones.rules import Rule as TextRule
from tocsin_sandbox.smtp.rules import Rule as SmtpRule

_AGAIN_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 120.0
_ANSWER: Final = aiohttp.ClientTimeout(total=2)


class _Action(BaseModel, extra="allow"):
    text: str = ""


class _Rule(BaseModel, extra="allow"):
    """Of any provider: each has other rules, all are known by their text."""

    action: _Action


class _RuleSet(BaseModel):
    seed: int = 0
    rules: tuple[_Rule, ...] = ()


Rules = tuple[_Rule, ...]


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the sandbox is told how one of its providers is to behave."""

    rules: str
    power: str


SMTP: Final = Doors("/api/rules", "/api/smtp")


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """What the sandbox is told to do wrong. Every call raises TimeoutError where it does not answer for two minutes."""

    sandbox: Sandbox
    lock: Path
    """A file: who holds its lock may read the rules and write them."""
    doors: Doors = SMTP

    async def begin(self, *rules: SmtpRule | TextRule) -> None:
        """Put these before the rules in force, but for those that are; the text of each one's action must be its own."""
        mine = [_Rule.model_validate(rule.model_dump(mode="json")) for rule in rules]
        await self._change(lambda standing: (*_others(mine, texts=_texts(standing)), *standing))

    async def end(self, *texts: str) -> None:
        """Take the rules of these texts away; nothing happens where a restart of the sandbox has done so."""
        await self._change(lambda standing: _others(standing, texts=texts))

    async def down(self, *, down: bool) -> None:
        """Cut and refuse every connection, or listen again."""
        await _answered(lambda: self._set_down(down=down))

    async def _change(self, change: Callable[[Rules], Rules]) -> None:
        async with _alone(self.lock):
            await _answered(lambda: self._until_it_is_so(change))

    async def _until_it_is_so(self, change: Callable[[Rules], Rules]) -> None:
        """Read, write, and read again: a sandbox that was stopped may obey an earlier attempt late."""
        while (wanted := change((standing := await self._standing()).rules)) != standing.rules:
            rules = _RuleSet(seed=standing.seed, rules=wanted).model_dump(mode="json")
            async with self.sandbox.http.put(self._rules_url, json=rules, timeout=_ANSWER) as answer:
                answer.raise_for_status()

    async def _standing(self) -> _RuleSet:
        async with self.sandbox.http.get(self._rules_url, timeout=_ANSWER) as answer:
            answer.raise_for_status()
            return _RuleSet.model_validate_json(await answer.read())

    @property
    def _rules_url(self) -> str:
        return self.sandbox.url + self.doors.rules

    async def _set_down(self, *, down: bool) -> None:
        url = self.sandbox.url + self.doors.power
        async with self.sandbox.http.post(url, json={"down": down}, timeout=_ANSWER) as answer:
            answer.raise_for_status()


async def rule_for_a_time(scene: Scene, rule: SmtpRule | TextRule, *, seconds: float, doors: Doors) -> None:
    """Have this rule in force for so long."""
    misbehaviour = misbehaviour_of(scene, doors=doors)
    try:
        await misbehaviour.begin(rule)
        await asyncio.sleep(seconds)
    finally:
        await misbehaviour.end(rule.action.text)


async def down_for_a_time(scene: Scene, *, seconds: float, doors: Doors) -> None:
    """Have a provider refuse everything for so long."""
    misbehaviour = misbehaviour_of(scene, doors=doors)
    try:
        await misbehaviour.down(down=True)
        await asyncio.sleep(seconds)
    finally:
        await misbehaviour.down(down=False)


def misbehaviour_of(scene: Scene, *, doors: Doors) -> Misbehaviour:
    """That of a provider in a run."""
    return Misbehaviour(scene.town.sandbox, scene.stack.layout.root / "rules.lock", doors)


def _texts(rules: Rules) -> set[str]:
    return {rule.action.text for rule in rules}


def _others(rules: Iterable[_Rule], *, texts: Collection[str]) -> Rules:
    return tuple(rule for rule in rules if rule.action.text not in texts)


async def _answered(ask: Callable[[], Awaitable[None]]) -> None:
    """Ask until it works: the sandbox itself may have been killed or stopped."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            try:
                return await ask()
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(_AGAIN_SECONDS)


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """Hold the lock of this file while inside."""
    with path.open("w") as file:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not _locked(file.fileno()):
                await asyncio.sleep(_AGAIN_SECONDS)
        yield


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
