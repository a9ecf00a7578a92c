"""Calls through Twilio."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.contract.rig import Bench, Rig
from tests.support.contract.texts import STALLS, says
from tests.support.sms_channels import TOKEN, obey, sandbox, turn, twilio, url_of
from tests.support.voice_channels import HOME, a_call, a_claim, voice_to
from tocsin_runtime.delivery.channel import Finder, OutcomeClass
from tocsin_sandbox.sandbox import Sandbox
from voice_worker.voice_channel import VoiceChannel

NAME = "calls"
AT_ONCE: Mapping[str, object] = {"calls_per_s": None, "speed": 100}
_OF_CALLS = "twilio/calls"


@dataclass
class CallBench:
    channel: VoiceChannel
    finder: Finder | None
    sandbox: Sandbox

    async def obey(self, rule: Mapping[str, object]) -> None:
        await obey(self.sandbox, rule, provider=_OF_CALLS)

    async def turn(self, *, down: bool) -> None:
        for part in ("twilio", _OF_CALLS):  # its account answers with the texts
            await turn(self.sandbox, provider=part, down=down)

    def taken(self) -> Sequence[str]:
        return [call.asked.to for call in self.sandbox.calls.newest_first()]


@asynccontextmanager
async def running(folder: Path, *, token: str = TOKEN, **values: object) -> AsyncIterator[Bench]:
    """A channel over one account, at a sandbox that plays Twilio, with a ledger whose lines are free."""
    async with sandbox(folder, twilio_calls=AT_ONCE) as stand_in:
        account = twilio(url_of(stand_in), name=NAME, auth_token=token)
        async with voice_to(account, **values) as sender:
            yield CallBench(sender, sender, stand_in)


VOICE_RIG = Rig(
    name=NAME,
    running=running,
    address=HOME,
    claim=a_claim,
    content=a_call,
    secrets=[TOKEN, "k" * 32],
    rules={
        OutcomeClass.RETRY_SAFE: says(429, 20429),
        OutcomeClass.AMBIGUOUS: {"phase": "create", "action": {"type": "drop_after_accept"}},
        OutcomeClass.PERMANENT: says(400, 21214),
        OutcomeClass.SUPPRESS: says(400, 21217),
        OutcomeClass.PAUSE: says(400, 21212),
        OutcomeClass.DEFECT: says(400, 21201),
    },
    stalls=STALLS,
    deadline={"voice_timeout": "PT0.3S"},
    refuses_us=lambda folder: running(folder, token="another"),
)
