"""Email over SMTP."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from email_worker.email_channel import EmailChannel
from tests.support.batches import a_claim
from tests.support.contract.rig import Bench, Rig
from tests.support.email_channels import channel, obey, recipients, sandbox, turn
from tests.support.emails import an_alert
from tocsin_runtime.delivery.channel import Finder, OutcomeClass
from tocsin_sandbox.sandbox import Sandbox

USER, PASSWORD = "worker", "a password of the relay"


@dataclass
class EmailBench:
    channel: EmailChannel
    sandbox: Sandbox
    finder: Finder | None = None

    async def obey(self, rule: Mapping[str, object]) -> None:
        await obey(self.sandbox, rule)

    async def turn(self, *, down: bool) -> None:
        await turn(self.sandbox, down=down)

    def taken(self) -> Sequence[str]:
        return recipients(self.sandbox)


@asynccontextmanager
async def running(folder: Path, *, password: str = PASSWORD, **values: object) -> AsyncIterator[Bench]:
    login = {"smtp_username": USER, "smtp_password": password, "smtp_name": "email"}
    async with (
        sandbox(folder, auth_users={USER: PASSWORD}) as relay,
        channel(relay, **login, **values) as sender,
    ):
        yield EmailBench(sender, relay)


def says(phase: str, code: int, enhanced: str) -> Mapping[str, object]:
    return {"phase": phase, "action": {"type": "reply", "code": code, "enhanced": enhanced}}


EMAIL_RIG = Rig(
    name="email",
    running=running,
    address="ada@home.example",
    claim=a_claim,
    content=an_alert,
    secrets=[PASSWORD, "k" * 32],
    rules={
        OutcomeClass.RETRY_SAFE: says("rcpt", 450, "4.2.1"),
        OutcomeClass.AMBIGUOUS: {"phase": "body", "action": {"type": "drop_after_accept"}},
        OutcomeClass.PERMANENT: says("rcpt", 550, "5.2.1"),
        OutcomeClass.SUPPRESS: says("rcpt", 550, "5.1.1"),
        OutcomeClass.PAUSE: says("mail", 550, "5.1.8"),
        OutcomeClass.DEFECT: says("body", 552, "5.3.4"),
    },
    stalls={"phase": "body", "action": {"type": "stall_after_accept"}},
    deadline={"smtp_timeout": "PT0.3S"},
    refuses_us=lambda folder: running(folder, password="another"),
)
