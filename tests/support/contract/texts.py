"""Texts, through whichever provider."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sms_worker.sms_channel import SmsChannel
from tests.support.contract.rig import Bench
from tests.support.sms_channels import channel_to, obey, sandbox, taken, turn
from tocsin_runtime.delivery.channel import Finder
from tocsin_sandbox.sandbox import Sandbox

DEADLINE: Mapping[str, object] = {"sms_timeout": "PT0.3S"}
STALLS: Mapping[str, object] = {"phase": "create", "action": {"type": "stall_after_accept"}}


@dataclass
class TextBench:
    channel: SmsChannel
    finder: Finder | None
    sandbox: Sandbox

    async def obey(self, rule: Mapping[str, object]) -> None:
        (provider,) = self.channel.providers
        await obey(self.sandbox, rule, provider=provider)

    async def turn(self, *, down: bool) -> None:
        (provider,) = self.channel.providers
        await turn(self.sandbox, provider=provider, down=down)

    def taken(self) -> Sequence[str]:
        return taken(self.sandbox)


@asynccontextmanager
async def running(folder: Path, account: Mapping[str, object], **values: object) -> AsyncIterator[Bench]:
    """A channel over one account, at a sandbox that plays both providers."""
    async with sandbox(folder) as stand_in:
        account = {**account, "base_url": f"http://127.0.0.1:{stand_in.http_port}"}
        async with channel_to(account, **values) as sender:
            yield TextBench(sender, sender, stand_in)


def says(status: int, code: int | str, text: str = "no") -> Mapping[str, object]:
    return {"phase": "create", "action": {"type": "reply", "status": status, "code": code, "text": text}}
