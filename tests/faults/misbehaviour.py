"""The sandbox's rules, where several faults have rules in force at once: each adds and takes away its own alone."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from tests.support.e2e_inbox import Sandbox
from tocsin_sandbox.smtp.rules import Rule, RuleSet

_AGAIN_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 120.0
_ANSWER: Final = aiohttp.ClientTimeout(total=2)

Rules = tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """What the sandbox is told to do wrong. Every call raises TimeoutError where it does not answer for two minutes."""

    sandbox: Sandbox
    lock: Path
    """A file: who holds its lock may read the rules and write them."""

    async def begin(self, rule: Rule) -> None:
        """Put this rule before those in force; its text must be its own."""
        await self._change(lambda rules: rules if rule in rules else (rule, *rules))

    async def end(self, text: str) -> None:
        """Take the rule of this text away; nothing happens where a restart of the sandbox has done so."""
        await self._change(lambda rules: _without(rules, text))

    async def down(self, *, down: bool) -> None:
        """Cut and refuse every connection, or listen again."""
        await _answered(lambda: self._set_down(down=down))

    async def _change(self, change: Callable[[Rules], Rules]) -> None:
        async with _alone(self.lock):
            await _answered(lambda: self._until_it_is_so(change))

    async def _until_it_is_so(self, change: Callable[[Rules], Rules]) -> None:
        """Read, write, and read again: a sandbox that was stopped may obey an earlier attempt late."""
        while (wanted := change((standing := await self._standing()).rules)) != standing.rules:
            rules = RuleSet(seed=standing.seed, rules=wanted).model_dump(mode="json")
            async with self.sandbox.http.put(self._rules_url, json=rules, timeout=_ANSWER) as answer:
                answer.raise_for_status()

    async def _standing(self) -> RuleSet:
        async with self.sandbox.http.get(self._rules_url, timeout=_ANSWER) as answer:
            answer.raise_for_status()
            return RuleSet.model_validate_json(await answer.read())

    @property
    def _rules_url(self) -> str:
        return f"{self.sandbox.url}/api/rules"

    async def _set_down(self, *, down: bool) -> None:
        url = f"{self.sandbox.url}/api/smtp"
        async with self.sandbox.http.post(url, json={"down": down}, timeout=_ANSWER) as answer:
            answer.raise_for_status()


def _without(rules: Rules, text: str) -> Rules:
    return tuple(rule for rule in rules if rule.action.text != text)


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
