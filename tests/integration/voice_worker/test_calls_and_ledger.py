"""Calls, their lines and their ends, against a real ledger."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.support.batches import a_batch
from tests.support.calls import a_calling_agency, calling
from tests.support.contract.voice import AT_ONCE
from tests.support.http_wire import always, serving
from tests.support.relays import sent
from tests.support.sms_channels import nothing_known, sandbox, twilio, url_of
from tests.support.voice_channels import a_call, voice_knowing, voice_settings, voice_to
from tests.support.world import Situation
from tocsin_runtime.delivery.channel import Batch, OutcomeClass
from tocsin_schemas.words import ReceiptKind
from tocsin_store import lines
from tocsin_store.pool import Pool
from voice_worker.asking import Asking
from voice_worker.line_ends import free_silent

BRITAIN = ["GB", "GG", "IM", "JE"]
ENDED = """{"status": "completed", "answered_by": null, "duration": "40", "end_time": "Thu, 01 Jan 2099 00:00:00 +0000"}"""


async def batch_of(situation: Situation) -> Batch:
    """Claimed, a moment before the calls."""
    found = await situation.claimed()
    batch = a_batch(found.taken, content=a_call())
    return Batch(situation.alert, batch.version, batch.content, batch.deliveries, batch.begin_by)


async def test_two_workers_never_call_one_number_at_once(pool: Pool, tmp_path: Path) -> None:
    agency = await a_calling_agency(pool)
    first = await calling(pool, 1, agency=agency)
    second = await calling(pool, 1, agency=agency)  # its alert goes to both members
    await pool.execute("UPDATE contact_point SET address = '+441632960111' WHERE channel = 'voice'")
    seize = partial(lines.seize, pool, lasts=timedelta(minutes=4))
    async with sandbox(tmp_path, twilio_calls=AT_ONCE) as running:
        settings = voice_settings(twilio(url_of(running)), voice_countries=BRITAIN)
        async with (
            voice_knowing(nothing_known, settings, seize=seize) as one,
            voice_knowing(nothing_known, settings, seize=seize) as another,
        ):
            outcomes = await asyncio.gather(
                sent(one, await batch_of(first)), sent(another, await batch_of(second))
            )

            assert len(list(running.calls.newest_first())) == 1

    came_to = sorted(outcome.of for part in outcomes for outcome in part)
    assert came_to == [OutcomeClass.OCCUPIED, OutcomeClass.OCCUPIED, OutcomeClass.OK]


@pytest.mark.parametrize(
    ("answers", "free"),
    [
        ({"calls": [{"status": "completed"}, {"status": "busy"}]}, True),
        ({"calls": []}, True),
        ({"calls": [{"status": "completed"}, {"status": "queued"}]}, False),
        ({"calls": [{"status": "in-progress"}]}, False),
        ({"message": "no list"}, False),
    ],
)
async def test_a_line_without_an_end_is_free_only_once_its_provider_has_no_call_to_it(
    pool: Pool, answers: Mapping[str, object], *, free: bool
) -> None:
    situation = await calling(pool)
    (taken,) = (await situation.claimed()).taken
    await pool.execute("DELETE FROM line")
    await lines.seize(pool, situation.alert, [taken], lasts=-timedelta(seconds=1))
    async with serving(always(200, json.dumps(answers))) as server, voice_to(twilio(server.url)) as channel:
        more = await free_silent(pool, channel=channel)

    assert not more
    assert await pool.fetchval("SELECT count(*) FROM line") == (0 if free else 1)
    assert taken.address[1:].encode() in server.asked[0]


async def test_a_line_is_not_free_while_one_of_its_providers_does_not_answer(pool: Pool) -> None:
    situation = await calling(pool)
    await pool.execute("DELETE FROM line")
    taken = (await situation.claimed()).taken
    await lines.seize(pool, situation.alert, taken, lasts=-timedelta(seconds=1))
    async with (
        serving(always(200, '{"calls": []}')) as server,
        voice_to(twilio(server.url, name="one"), twilio("http://127.0.0.1:1", name="two")) as channel,
    ):
        await free_silent(pool, channel=channel)

    assert await pool.fetchval("SELECT count(*) FROM line") == 1


async def test_a_call_that_is_asked_after_knows_how_long_somebody_listened(pool: Pool) -> None:
    await pool.execute(
        """INSERT INTO callback (provider, ref, status, code, received_at)
           VALUES ('twilio', 'CA1', 'speaking', 'human', now() - interval '1 minute')"""
    )
    async with serving(always(200, ENDED)) as server, voice_to(twilio(server.url)) as channel:
        asking = Asking(pool, channel)

        heard = await asking.status("twilio", "CA1")
        unheard = await asking.status("twilio", "CA2")
        nobodys = await asking.status("another", "CA1")

    assert heard is not None
    assert heard.kind is ReceiptKind.DELIVERED
    assert unheard is not None
    assert unheard.of is OutcomeClass.RETRY_SAFE
    assert nobodys is None
