"""Kafka loses records or whole topics under running services: everything settles, every surface catches up."""

import pytest

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_metrics import metrics_of
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tests.support.topics import deleted, emptied_log, made_anew
from tocsin_runtime.kafka.admin import apply_topics
from tocsin_schemas.topics import ALERTS, METRICS, RECEIPTS, TOPICS, Topic, deliveries
from tocsin_schemas.words import Channel, Lane

URGENT = deliveries(Channel.EMAIL, Lane.URGENT)
MEMBERS = 300
SLOW_S = 0.1
ARRIVED = 30
PATIENCE_S = 120.0
WORKERS = ["email-worker", "email-worker-2"]

ENQUEUED = "SELECT count(*) FROM chunk WHERE alert_id = $1 AND enqueued_at IS NOT NULL"


@pytest.mark.parametrize("topic", [ALERTS, URGENT, RECEIPTS, METRICS], ids=lambda topic: topic.name)
async def test_an_alert_outlives_a_topic_that_is_deleted_and_made_again(town: Town, *, topic: Topic) -> None:
    people = await town.people(MEMBERS)
    await town.sandbox.slow(SLOW_S)
    alert = (await people.agency.post(an_alert())).accepted.id
    await town.under_way(alert, arrived=ARRIVED)

    await deleted(town.kafka, topic)
    await apply_topics(town.kafka, TOPICS, replication=1)
    await town.settled(alert, within=PATIENCE_S)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    # Receipts that were lost leave attempts that may have arrived.
    assert topic is RECEIPTS or not account.unknowns


async def test_what_was_posted_after_a_topic_was_made_again_is_not_lost_in_it(town: Town) -> None:
    people = await town.people(MEMBERS)
    before = (await people.agency.post(an_alert())).accepted.id
    await town.settled(before)

    for topic in (ALERTS, URGENT, RECEIPTS, METRICS):
        await made_anew(town.kafka, topic)
    alert = (await people.agency.post(an_alert())).accepted.id
    await town.settled(alert, within=PATIENCE_S)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    assert account.result.inbox.duplicates == 0
    await metrics_of(town, people.agency, before)


async def test_records_that_were_deleted_before_they_were_read_are_produced_again(town: Town) -> None:
    people = await town.people(MEMBERS)
    for worker in WORKERS:
        await town.stop(worker)
    alert = (await people.agency.post(an_alert())).accepted.id

    async def enqueued() -> bool:
        return bool(await town.pool.fetchval(ENQUEUED, alert))

    await eventually(enqueued)
    await emptied_log(town.kafka, URGENT)
    for worker in WORKERS:
        await town.start(worker)
    await town.settled(alert)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    assert not account.unknowns
