"""What an alert's texts will take: price, order, pace, and what comes too late."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import SecretStr

from alert_api.call_hours import hours_in
from alert_api.sms_forecast import Forecast, Place, Turn, ends_at, forecast, turn_of
from alert_api.sms_texts import Texts
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_runtime.sms.text import compose
from tocsin_schemas.words import Channel, Lane
from tocsin_store.agencies import Agency
from tocsin_store.estimates import Group, Queued

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BODY: Mapping[str, object] = {
    "status": "actual",
    "info": [
        {"language": "en", "headline": "Flood", "description": "a" * 200},
        {"language": "pl", "headline": "Powódź", "description": "a"},
    ],
}
MINE, OTHERS = UUID(int=1), UUID(int=2)


def _texts(*, per_s: int = 10) -> Texts:
    texts = [
        compose(BODY, agency_name="Fire", sms_from="Fire", language=language, replace_typography=True)
        for language in ("en", "pl")
    ]
    return Texts(Agency(MINE, "fire", "Fire", "a@fire.example", None, "Fire", per_s, None, 1), BODY, texts)


def _settings(**prices: str) -> SmsSettings:
    return SmsSettings(
        database_url=SecretStr("postgresql://127.0.0.1/x"),
        sms_countries=frozenset({"GB", "IE"}),
        sms_prices={region: Decimal(price) for region, price in prices.items()},
    )


def _foretold(
    *groups: Group,
    queue: Sequence[Queued] = (),
    begins: datetime = NOON,
    hours: int = 1,
    prices: Mapping[str, str] | None = None,
) -> Forecast:
    place = Place(Lane.ROUTINE, NOON, begins, NOON + hours * HOUR)
    return forecast(_texts(), groups, place=place, queue=queue, settings=_settings(**(prices or {})))


def _to(n: int, *, language: str = "en", route: str = "+44") -> Group:
    return Group(Channel.SMS, language, route, n)


def test_everyone_counts_with_the_text_they_read() -> None:
    told = _foretold(_to(10), _to(5, language="pl-PL"), _to(2, language="cy"))

    assert (told.deliveries, told.segments) == (17, 2 * 10 + 5 + 2 * 2)


@pytest.mark.parametrize(
    ("prices", "cost"),
    [
        ({"GB": "0.04", "IE": "0.10"}, 2 * 10 * 400 + 2 * 1000),
        ({"GB": "0.04"}, None),
        ({}, None),
    ],
)
def test_a_price_is_known_whole_or_not_at_all(prices: dict[str, str], cost: int | None) -> None:
    assert _foretold(_to(10), _to(1, route="+353"), prices=prices).cost == cost


def test_other_channels_and_refused_countries_take_no_texts() -> None:
    email = Group(Channel.EMAIL, "en", "", 7)

    told = _foretold(email, _to(3, route="+33"), prices={"GB": "0.04"})

    assert (told.deliveries, told.segments, told.cost, told.too_late) == (0, 0, 0, 0)


def test_the_last_leaves_at_the_senders_pace() -> None:
    told = _foretold(_to(450))

    assert told.begins == NOON
    assert told.ends - told.begins == timedelta(seconds=103.5)  # ten segments each 1.15 s


@pytest.mark.parametrize(
    ("lane", "hours", "waits"),
    [(Lane.URGENT, 40, True), (Lane.ROUTINE, 1, True), (Lane.ROUTINE, 2, True), (Lane.ROUTINE, 3, False)],
)
def test_more_urgent_comes_first_then_what_expires_sooner(
    lane: Lane,
    hours: int,
    waits: bool,  # noqa: FBT001
) -> None:
    other = Queued(OTHERS, lane, NOON + hours * HOUR, 450, 2.0)

    told = _foretold(_to(1), queue=(other,), hours=2)

    assert told.begins - NOON == (timedelta(seconds=103.5) if waits else timedelta(0))


def test_what_waits_now_has_left_when_a_later_one_begins() -> None:
    queue = (Queued(OTHERS, Lane.URGENT, NOON + HOUR, 450, 2.0),)

    soon = _foretold(_to(1), queue=queue, begins=NOON + timedelta(seconds=60))
    later = _foretold(_to(1), queue=queue, begins=NOON + timedelta(seconds=600))

    assert soon.begins == NOON + timedelta(seconds=103.5)
    assert later.begins == NOON + timedelta(seconds=600)


@pytest.mark.parametrize(
    ("n", "ahead", "too_late"),
    [
        (15_652, 0, 0),  # five of two segments each 1.15 s, for an hour
        (15_653, 0, 1),
        (32_400, 0, 16_748),
        (15_652, 16_360, 8_180),
        (15_652, 99_999, 15_652),
    ],
)
def test_what_expires_before_its_turn_is_too_late(n: int, ahead: int, too_late: int) -> None:
    queue = (Queued(OTHERS, Lane.URGENT, NOON + HOUR, ahead, 1.0),)

    assert _foretold(_to(n), queue=queue).too_late == too_late


def test_an_alert_ends_after_those_before_it() -> None:
    queue = [
        Queued(OTHERS, Lane.URGENT, NOON + HOUR, 60, 1.5),
        Queued(MINE, Lane.ROUTINE, NOON + HOUR, 10, 1.0),
        Queued(UUID(int=3), Lane.ROUTINE, NOON + HOUR, 900, 1.0),  # posted later
    ]

    assert ends_at(queue, MINE, now=NOON, limit=10) == NOON + timedelta(seconds=12.65)
    assert ends_at(queue, UUID(int=4), now=NOON, limit=10) is None


def test_in_the_evening_what_is_urgent_goes_on_and_the_rest_waits_for_the_morning() -> None:
    evening, hours = NOON + 8.75 * HOUR, hours_in("Europe/London")
    before = [Queued(OTHERS, lane, NOON + 24 * HOUR, 1_000, 1.0) for lane in Lane]
    place = Place(Lane.ROUTINE, evening, evening, NOON + 48 * HOUR, hours)
    own = Queued(MINE, Lane.ROUTINE, NOON + 48 * HOUR, 100, 1.0)

    turn = turn_of(100, 100, place=place, queue=before, limit=1)
    urgent = turn_of(100, 100, place=replace(place, lane=Lane.URGENT), queue=(), limit=1)

    begins = NOON + 20 * HOUR + timedelta(seconds=1_150)
    assert turn == Turn(begins, begins + timedelta(seconds=115), too_late=0)
    assert urgent.begins == evening
    assert ends_at([*before, own], MINE, now=evening, limit=1, hours=hours) == turn.ends
