"""Ids become records: a hundred each at most, spread over the partitions."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.producing import records_of, records_of_due
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import DeliveriesRequested
from tocsin_schemas.topics import deliveries
from tocsin_schemas.words import Channel, Lane
from tocsin_store.due import DueDelivery

TOPIC = deliveries(Channel.EMAIL, Lane.URGENT)
ALERT = UUID(int=7)


@given(count=st.integers(0, 2_000), first=st.integers(0, 10**6))
def test_every_id_stands_in_one_record_in_order(count: int, first: int) -> None:
    ids = [UUID(int=number) for number in range(count)]

    records = records_of(ids, topic=TOPIC, alert_id=ALERT, kind="send", first_partition=first)

    read = [decode(DeliveriesRequested, record.value) for record in records]
    assert [id_ for request in read for id_ in request.delivery_ids] == ids
    assert all(len(request.delivery_ids) <= 100 and request.alert_id == ALERT for request in read)
    assert [record.partition for record in records] == [(first + n) % 12 for n in range(len(records))]


def test_what_is_due_goes_by_alert_and_kind() -> None:
    due = [
        DueDelivery(UUID(int=number), UUID(int=number % 2), "resolve" if number % 3 == 0 else "send")
        for number in range(500)
    ]

    records = records_of_due(due, topic=TOPIC, first_partition=3)

    read = [decode(DeliveriesRequested, record.value) for record in records]
    assert {id_ for request in read for id_ in request.delivery_ids} == {each.id for each in due}
    for request in read:
        assert all(id_.int % 2 == request.alert_id.int for id_ in request.delivery_ids)
        assert all((id_.int % 3 == 0) == (request.kind == "resolve") for id_ in request.delivery_ids)
    assert all(
        record.key == str(request.alert_id).encode() for record, request in zip(records, read, strict=True)
    )


def test_partitions_to_avoid_are_left_out_as_long_as_others_remain() -> None:
    ids = [UUID(int=number) for number in range(1_500)]

    some = records_of(ids, topic=TOPIC, alert_id=ALERT, kind="send", first_partition=3, avoid={3, 4})
    all_ = records_of(ids, topic=TOPIC, alert_id=ALERT, kind="send", first_partition=3, avoid=range(12))

    assert {record.partition for record in some} == set(range(12)) - {3, 4}
    assert [record.partition for record in all_] == [(4 + n) % 12 for n in range(15)]
