"""Ids follow from what they name."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from tocsin_schemas.ids import delivery_id, microseconds, receipt_id
from tocsin_schemas.words import ReceiptKind

WHEN = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


@given(alert=st.uuids(), member=st.uuids(), point=st.uuids(), wave=st.integers(0, 9))
def test_a_delivery_id_is_a_uuid_8_that_begins_with_its_alerts_time(
    alert: UUID, member: UUID, point: UUID, wave: int
) -> None:
    id_ = delivery_id(alert, version=1, member=member, contact_point=point, wave=wave)

    assert (id_.version, id_.variant) == (8, "specified in RFC 4122")
    assert id_.hex[:12] == alert.hex[:12]


def test_the_same_fact_has_the_same_id_and_another_status_another() -> None:
    delivery = uuid4()

    def id_of(status: str | None) -> UUID:
        return receipt_id(delivery, fence=1, kind=ReceiptKind.REFUSED, provider_status=status, due_at=WHEN)

    assert id_of("451") == id_of("451")
    assert id_of("451") != id_of("450")


@given(st.integers(-(10**15), 10**15))
def test_microseconds_are_whole(count: int) -> None:
    assert microseconds(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=count)) == count
