"""One alert to the sample members: every surface says the same, and each message is what its reader needs."""

import asyncio
from email.utils import parseaddr
from uuid import UUID

import pytest

from tests.support.e2e_account import account_of
from tests.support.e2e_inbox import Mail
from tests.support.e2e_metrics import metrics_of
from tests.support.e2e_sample import Sent, sample_agency, sent_to_the_sample
from tests.support.e2e_town import Town, town_of
from tocsin_local.demo_load import Loaded
from tocsin_local.stack import Stack
from tocsin_schemas.words import Channel, State

READER = """
SELECT d.id, p.address FROM delivery d
JOIN   member m ON m.id = d.member_id JOIN contact_point p ON p.id = d.contact_point_id
WHERE  d.alert_id = $1 AND d.channel = 'email' AND m.language = $2 LIMIT 1
"""


@pytest.fixture(scope="module")
def sent(stack: Stack, sample: Loaded) -> Sent:
    async def send() -> Sent:
        async with town_of(stack) as town:
            return await sent_to_the_sample(town, sample)

    return asyncio.run(send())


async def test_it_reaches_everyone_once_by_each_channel_they_chose(
    town: Town, sample: Loaded, sent: Sent
) -> None:
    agency = await sample_agency(town, sample)
    account = await account_of(town, agency, sent.alert, expected=sample.deliveries)

    assert account.faults == []
    assert (await agency.alert(sent.alert)).progress.channels == {
        Channel.EMAIL: {State.SENT: sent.expected[Channel.EMAIL]},
        Channel.SMS: {State.DELIVERED: sent.expected[Channel.SMS]},
    }
    assert account.result.inbox.duplicates == 0


async def test_receipts_are_listed_once_each_with_the_same_ids_again(
    town: Town, sample: Loaded, sent: Sent
) -> None:
    agency = await sample_agency(town, sample)

    first = await agency.receipts(sent.alert)
    again = await agency.receipts(sent.alert)

    assert len({one.id for one in first}) == len(first)
    assert {one.delivery_id for one in first} == {one.id for one in await agency.deliveries(sent.alert)}
    assert first == again


async def test_the_metrics_topic_says_what_the_api_says(town: Town, sample: Loaded, sent: Sent) -> None:
    agency = await sample_agency(town, sample)

    last = await metrics_of(town, agency, sent.alert)

    progress = (await agency.alert(sent.alert)).progress
    assert last.deliveries == sum(last.states.values()) == sample.deliveries
    assert (last.states, last.channels) == (progress.states, progress.channels)


async def test_a_message_has_the_headers_of_bulk_mail_that_can_be_left(town: Town, sent: Sent) -> None:
    delivery, mail = await _mail_for(town, sent.alert, language="en-GB")

    assert parseaddr(mail.header("From")) == ("Sample Fire & Rescue Service", "alerts@fire.example")
    assert parseaddr(mail.header("Reply-To")) == ("", "control@fire.example")
    assert mail.header("Message-ID") == f"<{delivery}@bounces.tocsin.invalid>"
    assert mail.header("To") == f"<{mail.recipients[0]}>"
    assert mail.header("List-Unsubscribe").startswith(f"<{town.url('alert-api').rstrip('/')}/u/")
    assert mail.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert mail.header("Auto-Submitted") == "auto-generated"
    assert mail.header("Content-Language") == "en-GB"


@pytest.mark.parametrize(
    ("language", "headline"),
    [
        ("en-GB", "Rivers are rising: be ready to move upstairs tonight"),
        ("pl", "Rzeki wzbierają: bądź gotowy przenieść się na piętro"),
    ],
)
async def test_everyone_reads_it_in_their_language(
    town: Town, sent: Sent, language: str, headline: str
) -> None:
    _, mail = await _mail_for(town, sent.alert, language=language)

    assert mail.header("Content-Language") == language
    assert headline in mail.header("Subject")
    assert headline in mail.text
    assert headline in mail.html


async def test_nine_of_ten_updates_of_the_ledger_stay_on_their_page(sent: Sent) -> None:
    assert sent.updates.hot >= 0.9 * sent.updates.all


async def _mail_for(town: Town, alert: UUID, *, language: str) -> tuple[UUID, Mail]:
    """One reader's message."""
    row = await town.pool.fetchrow(READER, alert, language)
    assert row is not None
    found = [one for one in await town.sandbox.to(row["address"]) if str(row["id"]) in one.message_id]
    return row["id"], await town.sandbox.read(found[0].number)
