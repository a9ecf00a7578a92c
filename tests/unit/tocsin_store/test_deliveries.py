"""An alert's deliveries are one range of the primary key."""

from uuid import UUID, uuid4

from tocsin_schemas.ids import delivery_id
from tocsin_store.deliveries import id_range

ALERT = UUID("01a1fd00-0000-7000-8000-000000000000")


def test_the_range_holds_every_delivery_of_the_alert() -> None:
    first, last = id_range(ALERT)

    made = [delivery_id(ALERT, version=1, member=uuid4(), contact_point=uuid4(), wave=0) for _ in range(100)]

    assert all(first <= each <= last for each in made)


def test_the_range_ends_with_the_millisecond() -> None:
    first, last = id_range(ALERT)

    assert first == UUID("01a1fd00-0000-0000-0000-000000000000")
    assert last == UUID("01a1fd00-0000-ffff-ffff-ffffffffffff")
