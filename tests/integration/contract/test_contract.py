"""The contract of a channel: what the runtime relies on, whoever the provider is."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.support.batches import a_batch
from tests.support.contract import RIGS
from tests.support.contract.rig import Bench, Rig
from tests.support.relays import HoldList, sent
from tests.support.smtp import OpenGate
from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Reason

REFUSALS = (
    OutcomeClass.RETRY_SAFE, OutcomeClass.AMBIGUOUS, OutcomeClass.PERMANENT, OutcomeClass.SUPPRESS, OutcomeClass.PAUSE,
    OutcomeClass.DEFECT,
)  # fmt: skip
CASES = [pytest.param(rig, of, id=f"{rig.name}-{of}") for rig in RIGS for of in REFUSALS]

every_rig = pytest.mark.parametrize("rig", RIGS, ids=[rig.name for rig in RIGS])


def batch_of(rig: Rig, *, count: int = 1) -> Batch:
    return a_batch([rig.claim(rig.address) for _ in range(count)], content=rig.content())


async def the_outcome(bench: Bench, batch: Batch, **handed: object) -> Outcome:
    (outcome,) = await sent(bench.channel, batch, **handed)  # type: ignore[arg-type]
    return outcome


async def found(bench: Bench, batch: Batch) -> Outcome:
    """What a look-up says of the earlier attempt of the only delivery."""
    assert bench.finder is not None
    (claimed,) = batch.deliveries
    again = replace(claimed, fence=claimed.fence + 1, resolve=True)
    looked = replace(batch, deliveries=[again], begin_by=time.monotonic() + 10)
    (settled,) = await bench.finder.find(looked)
    return settled.outcome


@every_rig
async def test_what_is_taken_is_ok_and_says_by_whom(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        outcome = await the_outcome(bench, batch_of(rig))

        assert bench.taken() == [rig.address]

    assert (outcome.of, outcome.reason, outcome.provider) == (OutcomeClass.OK, None, rig.name)
    assert outcome.provider_status
    assert list(bench.channel.providers) == [rig.name]


@every_rig
async def test_each_delivery_settles_once_and_is_handed_over_once(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        outcomes = await sent(bench.channel, batch_of(rig, count=120))

        assert len(bench.taken()) == 120

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.OK}


@pytest.mark.parametrize(("rig", "of"), CASES)
async def test_every_class_of_outcome_is_told(rig: Rig, of: OutcomeClass, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        await bench.obey(rig.rules[of])

        outcome = await the_outcome(bench, batch_of(rig))

    assert outcome.of is of
    assert outcome.reason is not None
    assert of is not OutcomeClass.PAUSE or outcome.scope
    assert of is not OutcomeClass.DEFECT or outcome.scope is Scope.ALERT


@every_rig
async def test_what_the_gate_stops_is_late_and_nobody_gets_it(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        outcomes = await sent(bench.channel, batch_of(rig, count=3), gate=OpenGate(open=False))

        assert bench.taken() == []

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.LATE}


@every_rig
async def test_what_was_claimed_too_long_ago_is_late(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        batch = replace(batch_of(rig, count=3), begin_by=-1.0)

        outcomes = await sent(bench.channel, batch)

        assert bench.taken() == []

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.LATE}


@every_rig
async def test_a_provider_that_says_nothing_is_waited_for_until_a_deadline(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path, **rig.deadline) as bench:
        await bench.obey(rig.stalls)

        outcome = await the_outcome(bench, batch_of(rig))

    assert outcome.of is OutcomeClass.AMBIGUOUS


@every_rig
async def test_a_provider_that_is_down_is_put_on_hold_and_nothing_is_spent(rig: Rig, tmp_path: Path) -> None:
    holds = HoldList()
    async with rig.running(tmp_path) as bench:
        await bench.turn(down=True)
        outcome = await the_outcome(bench, batch_of(rig), holds=holds)
        while_down = await bench.channel.probe(rig.name)
        await bench.turn(down=False)
        back = await bench.channel.probe(rig.name)

        assert bench.taken() == []

    assert outcome.of in {OutcomeClass.PAUSE, OutcomeClass.AMBIGUOUS}
    assert outcome.of is OutcomeClass.AMBIGUOUS or holds.is_held(rig.name)
    assert (while_down, back) == (False, True)


@every_rig
async def test_a_provider_on_hold_gets_nothing(rig: Rig, tmp_path: Path) -> None:
    holds = HoldList()
    async with rig.running(tmp_path) as bench:
        holds.hold(rig.name, Reason.PROVIDER_SLOW)
        outcome = await the_outcome(bench, batch_of(rig), holds=holds)

        assert bench.taken() == []

    assert (outcome.of, outcome.scope) == (OutcomeClass.PAUSE, Scope.CHANNEL)


@every_rig
async def test_who_does_not_let_us_in_pauses_and_shows(rig: Rig, tmp_path: Path) -> None:
    holds = HoldList()
    async with rig.refuses_us(tmp_path) as bench:
        outcome = await the_outcome(bench, batch_of(rig), holds=holds)
        probed = await bench.channel.probe(rig.name)

    assert (outcome.of, outcome.scope) == (OutcomeClass.PAUSE, Scope.CHANNEL)
    assert holds.is_held(rig.name)
    assert not probed


@every_rig
async def test_a_provider_that_is_not_ours_lets_nobody_in(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        assert not await bench.channel.probe("another")


@every_rig
async def test_what_was_taken_is_found_by_its_id(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        if bench.finder is None:
            return
        batch = batch_of(rig)
        answered = await the_outcome(bench, batch)

        outcome = await found(bench, batch)

    assert answered.ref
    assert (outcome.of, outcome.ref, outcome.provider) == (OutcomeClass.OK, answered.ref, rig.name)


@every_rig
async def test_what_was_taken_in_silence_is_found(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        if bench.finder is None:
            return
        await bench.obey(rig.rules[OutcomeClass.AMBIGUOUS])
        batch = batch_of(rig)
        assert (await the_outcome(bench, batch)).of is OutcomeClass.AMBIGUOUS

        outcome = await found(bench, batch)

    assert (outcome.of, bool(outcome.ref)) == (OutcomeClass.OK, True)


@every_rig
async def test_what_nobody_took_is_absent(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        if bench.finder is None:
            return

        outcome = await found(bench, batch_of(rig))

    assert outcome.of is OutcomeClass.ABSENT


@every_rig
async def test_a_look_up_that_is_not_answered_says_so(rig: Rig, tmp_path: Path) -> None:
    async with rig.running(tmp_path) as bench:
        if bench.finder is None:
            return
        await bench.turn(down=True)

        outcome = await found(bench, batch_of(rig))

    assert outcome.of is OutcomeClass.AMBIGUOUS


@every_rig
async def test_no_secret_and_nothing_personal_is_told(
    rig: Rig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes: list[Outcome] = []
    with capture_logs() as events:
        async with rig.running(tmp_path) as bench:
            for rule in rig.rules.values():
                await bench.obey(rule)
                outcomes.append(await the_outcome(bench, batch_of(rig)))
        async with rig.refuses_us(tmp_path / "refused") as bench:
            outcomes.append(await the_outcome(bench, batch_of(rig)))

    told = repr([replace(outcome, answer=None) for outcome in outcomes]) + repr(events) + caplog.text
    assert len(outcomes) == len(REFUSALS) + 1
    assert [secret for secret in (*rig.secrets, rig.address, "The river rises") if secret in told] == []
