"""A dead or slow domain costs the others nothing (I10): shares of connections, parts, and caps over all processes."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from email_worker import job, smtp_pool
from email_worker.email_channel import EmailChannel
from tests.support.batches import a_batch, a_claim
from tests.support.email_channels import channel, channel_to, obey, recipients, sandbox
from tests.support.relays import SlowList, sent, sent_in_parts
from tests.support.smtp import Dialogue, OpenGate, Relay, relay
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Reason
from tocsin_store.claim import ClaimedDelivery

HEALTHY = [a_claim(f"m{number:02}@home.example") for number in range(30)]
DEAD = [a_claim(f"m{number:02}@dead.example") for number in range(30)]
TARPIT = {"phase": "rcpt", "match": "*@dead.example", "action": {"type": "stall"}}


@dataclass(frozen=True)
class OneOf(OpenGate):
    """A gate that knows how many processes there are."""

    rank: int = 0
    processes: int = 1

    def share(self) -> tuple[int, int]:
        return self.rank, self.processes


def soon(seconds: float) -> float:
    return time.monotonic() + seconds


def mixed() -> Sequence[ClaimedDelivery]:
    return [claim for pair in zip(DEAD, HEALTHY, strict=True) for claim in pair]


async def test_the_healthy_are_served_and_told_of_while_a_tarpit_holds_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "PART_SECONDS", 0.3)
    slow_to_give_up: dict[str, object] = {"smtp_connections": 8, "smtp_envelope_timeout": 4}
    async with sandbox(tmp_path) as running, channel(running, **slow_to_give_up) as sender:
        await obey(running, TARPIT)
        parts = await sent_in_parts(sender, a_batch(mixed(), begin_by=soon(2)))

        assert recipients(running) == [claim.address for claim in HEALTHY]

    told = [(settled.number % 2, settled.outcome) for part in parts for settled in part]
    healthy = [(number, one.of, one.scope) for number, one in told[: len(HEALTHY)]]
    late = [(one.of, one.scope) for _, one in told[len(HEALTHY) : -2]]
    stuck = [(one.of, one.scope, one.reason) for _, one in told[-2:]]
    assert healthy == [(1, OutcomeClass.OK, None)] * len(HEALTHY)
    assert late == [(OutcomeClass.LATE, Scope.ROUTE)] * (len(DEAD) - 2)
    assert stuck == [(OutcomeClass.RETRY_SAFE, Scope.ROUTE, Reason.CONNECTION_LOST)] * 2
    assert len(parts) >= 3


async def test_what_is_settled_soon_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "LOOK_SECONDS", 30.0)  # soon, on any machine
    async with sandbox(tmp_path) as running, channel(running) as sender:
        parts = await sent_in_parts(sender, a_batch(HEALTHY))

    assert [len(part) for part in parts] == [len(HEALTHY)]


async def test_a_route_that_keeps_us_waiting_is_told_of_once_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_pool, "SLOW_SECONDS", 0.2)
    routes = SlowList()
    async with (
        sandbox(tmp_path) as running,
        channel(running, smtp_connections=4, smtp_envelope_timeout=0.8) as sender,
    ):
        await obey(running, TARPIT)

        await sent(sender, a_batch([DEAD[0], *HEALTHY]), routes=routes)

    assert routes.told == ["dead.example"]


async def test_where_the_relay_answers_nobody_no_route_is_to_blame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_pool, "SLOW_SECONDS", 0.2)
    routes = SlowList()
    async with (
        sandbox(tmp_path) as running,
        channel(running, smtp_connections=4, smtp_envelope_timeout=0.8) as sender,
    ):
        await obey(running, {**TARPIT, "match": "*"})

        await sent(sender, a_batch([DEAD[0], *HEALTHY[:2]]), routes=routes)

    assert routes.told == []


class Crowded:
    """A relay that counts how many messages are under way at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def __call__(self, dialogue: Dialogue) -> None:
        await dialogue.greet(("8BITMIME",))
        while True:
            await dialogue.hear()
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.01)  # a relay takes its time: the others could begin meanwhile
            dialogue.say("250 ok")
            await dialogue.answer("250 ok", "354 go on")
            self.now -= 1
            await dialogue.body()


def capped(running: Relay, **cap: float) -> AbstractAsyncContextManager[EmailChannel]:
    return channel_to(running.port, smtp_connections=20, smtp_domain_caps={"home.example": cap})


async def test_no_more_messages_are_under_way_than_this_process_may() -> None:
    crowd = Crowded()
    gate = OneOf(rank=1, processes=3)
    async with relay(crowd) as running, capped(running, connections=8) as sender:
        outcomes = await sent(sender, a_batch(HEALTHY), gate=gate)

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.OK}
    assert crowd.most == 3


async def test_two_processes_together_have_no_more_under_way_than_the_cap() -> None:
    crowd = Crowded()
    async with (
        relay(crowd) as running,
        capped(running, connections=5) as one,
        capped(running, connections=5) as other,
    ):
        told = await asyncio.gather(
            sent(one, a_batch(HEALTHY), gate=OneOf(rank=0, processes=2)),
            sent(other, a_batch(HEALTHY), gate=OneOf(rank=1, processes=2)),
        )

    assert {outcome.of for outcomes in told for outcome in outcomes} == {OutcomeClass.OK}
    assert crowd.most == 5


@pytest.mark.parametrize(
    "gate", [OneOf(processes=0), OneOf(rank=2, processes=3)], ids=["not known", "no share"]
)
async def test_without_a_share_a_capped_domain_waits_and_is_late(gate: OpenGate) -> None:
    async with relay(Crowded()) as running, capped(running, connections=2) as sender:
        batch = a_batch([*HEALTHY, a_claim("m@other.example")], begin_by=soon(0.3))
        outcomes = await sent(sender, batch, gate=gate)

    assert [outcome.of for outcome in outcomes] == [OutcomeClass.LATE] * len(HEALTHY) + [OutcomeClass.OK]


async def test_messages_a_second_are_bounded_and_the_rest_is_late() -> None:
    async with relay(Crowded()) as running, capped(running, messages_per_s=10) as sender:
        outcomes = await sent(sender, a_batch(HEALTHY, begin_by=soon(1)), gate=OneOf())

    assert 2 <= _count(outcomes, OutcomeClass.OK) <= 13
    assert _count(outcomes, OutcomeClass.OK) + _count(outcomes, OutcomeClass.LATE) == len(HEALTHY)


def _count(outcomes: Sequence[Outcome], of: OutcomeClass) -> int:
    return sum(outcome.of is of for outcome in outcomes)
