"""The channel asks its providers, which are stand-ins, what became of a text."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.batches import a_batch
from tests.support.relays import sent
from tests.support.sms_channels import (
    ADA,
    BOB,
    SENDER,
    a_claim,
    a_text,
    channel_knowing,
    channel_to,
    notify,
    sandbox,
    sms_settings,
    turn,
    twilio,
    url_of,
)
from tocsin_runtime.delivery.channel import OutcomeClass
from tocsin_schemas.words import Reason


async def test_what_one_provider_took_is_found_whichever_comes_first(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as running:
        claimed = a_claim()
        batch = a_batch([claimed], content=a_text())
        async with channel_to(notify(url_of(running))) as sender:
            (answered,) = await sent(sender, batch)
        looked = replace(
            batch, deliveries=[replace(claimed, fence=3, resolve=True)], begin_by=time.monotonic() + 9
        )
        async with channel_to(twilio(url_of(running)), notify(url_of(running))) as sender:
            (settled,) = await sender.find(looked)

    assert (settled.outcome.of, settled.outcome.ref) == (OutcomeClass.OK, answered.ref)
    assert settled.outcome.segments == 1


async def test_while_one_provider_does_not_answer_nothing_is_absent(tmp_path: Path) -> None:
    async with (
        sandbox(tmp_path) as running,
        channel_to(twilio(url_of(running)), notify(url_of(running))) as sender,
    ):
        await turn(running, provider="notify", down=True)
        looked = replace(
            a_batch([a_claim(fence=2, resolve=True)], content=a_text()), begin_by=time.monotonic() + 9
        )

        (settled,) = await sender.find(looked)

    assert settled.outcome.of is OutcomeClass.AMBIGUOUS


async def all_known(_: str, refs: Sequence[str]) -> frozenset[str]:
    return frozenset(refs)


async def test_a_message_the_ledger_knows_is_not_the_one_that_is_sought(tmp_path: Path) -> None:
    """Another member may have the same number, an earlier attempt had the same words."""
    async with sandbox(tmp_path) as running:
        settings = sms_settings(twilio(url_of(running)))
        async with channel_knowing(all_known, settings) as sender:
            batch = a_batch([a_claim()], content=a_text())
            await sent(sender, batch)
            looked = replace(
                batch, deliveries=[a_claim(fence=2, resolve=True)], begin_by=time.monotonic() + 9
            )

            (settled,) = await sender.find(looked)

    assert (settled.outcome.of, settled.outcome.reason) == (OutcomeClass.ABSENT, Reason.NOT_FOUND)


@pytest.mark.parametrize(("to", "sender_of"), [(BOB, SENDER), (ADA, "+447700900999")])
async def test_another_number_or_sender_is_not_it(to: str, sender_of: str, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as running, channel_to(twilio(url_of(running))) as sender:
        await sent(sender, a_batch([a_claim(to)], content=a_text(sms_from=sender_of)))
        looked = replace(
            a_batch([a_claim(fence=2, resolve=True)], content=a_text()), begin_by=time.monotonic() + 9
        )

        (settled,) = await sender.find(looked)

    assert settled.outcome.of is OutcomeClass.ABSENT


async def test_a_list_is_read_to_its_end(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as running, channel_to(twilio(url_of(running))) as sender:
        first = a_batch([a_claim()], content=a_text())
        (answered,) = await sent(sender, first)
        other = a_text(
            body={"status": "actual", "info": [{"language": "en", "headline": "x", "description": "y"}]}
        )
        await sent(sender, a_batch([a_claim() for _ in range(120)], content=other))
        looked = replace(first, deliveries=[a_claim(fence=2, resolve=True)], begin_by=time.monotonic() + 9)

        (settled,) = await sender.find(looked)

    assert settled.outcome.ref == answered.ref


async def test_a_text_says_later_what_became_of_it(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as running:
        for account in (twilio(url_of(running)), notify(url_of(running))):
            async with channel_to(account) as sender:
                (outcome,) = await sent(sender, a_batch([a_claim()], content=a_text()))
                report = await sender.status(outcome.provider or "", outcome.ref or "")
                nobodys = await sender.status("another", outcome.ref or "")
                unknown = await sender.status(outcome.provider or "", "SM" + "0" * 32)

            assert report is not None
            assert report.of is OutcomeClass.OK
            assert (nobodys, unknown) == (None, None)
