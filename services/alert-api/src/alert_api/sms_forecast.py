"""What an alert's texts will take: segments, price, when they begin and end, and how many cannot leave in time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from alert_api.call_hours import Hours
from alert_api.sms_texts import Texts
from tocsin_runtime.numbers import region_of_code
from tocsin_runtime.sms.prices import cost_of
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_schemas.words import Channel, Lane
from tocsin_store.estimates import Group, Queued
from tocsin_store.pace import effective_rate


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alert's messages stand in their sender's queue, and from when to when they may leave."""

    lane: Lane
    now: datetime
    begins: datetime
    expires: datetime
    hours: Hours | None = None
    """In which alone what is routine leaves; None: at any time."""

    def ahead(self, queue: Iterable[Queued]) -> list[Queued]:
        """What leaves before: the more urgent, then what expires sooner."""
        return [
            each for each in queue if _order(each.lane, each.expires_at) <= _order(self.lane, self.expires)
        ]


@dataclass(frozen=True, slots=True)
class Turn:
    """When an alert's messages leave, after those before them."""

    begins: datetime
    ends: datetime
    too_late: int
    """Of the messages: will have expired before their turn comes."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the texts of a version will take, as things are."""

    deliveries: int
    segments: int
    cost: int | None
    """In ten-thousandths of the platform's currency; None where a price is not known."""
    begins: datetime
    ends: datetime
    too_late: int
    """Of the deliveries: will have expired before their turn comes."""


def forecast(
    texts: Texts, groups: Sequence[Group], *, place: Place, queue: Sequence[Queued], settings: SmsSettings
) -> Forecast:
    """Foretell it from who is there now and what waits now; what is posted later and is more urgent delays it."""
    reached = [
        (each.n, texts.segments_for(each.language), region)
        for each in groups
        if each.channel is Channel.SMS
        and (region := region_of_code(each.route, countries=settings.sms_countries)) is not None
    ]
    deliveries = sum(n for n, _, _ in reached)
    segments = sum(n * each for n, each, _ in reached)
    turn = turn_of(deliveries, segments, place=place, queue=queue, limit=texts.agency.sms_segments_per_s)
    return Forecast(
        deliveries=deliveries,
        segments=segments,
        cost=_cost(reached, prices=settings.sms_prices),
        begins=turn.begins,
        ends=turn.ends,
        too_late=turn.too_late,
    )


def turn_of(messages: int, units: int, *, place: Place, queue: Sequence[Queued], limit: int) -> Turn:
    """Foretell when messages leave, at so many units (segments, calls) a second, and how many come too late."""
    hours = None if place.lane is Lane.URGENT else place.hours
    free = _through(place.ahead(queue), now=place.now, limit=limit, hours=place.hours)
    begins = _after(max(place.begins, free), timedelta(), hours=hours)
    lasts = _takes(messages, units, limit=limit)
    left = hours.within(begins, place.expires) if hours else max(timedelta(), place.expires - begins)
    in_time = left / lasts if lasts else 1.0
    return Turn(
        begins, _after(begins, lasts, hours=hours), too_late=max(0, messages - int(messages * in_time))
    )


def ends_at(
    queue: Sequence[Queued], alert_id: UUID, *, now: datetime, limit: int, hours: Hours | None = None
) -> datetime | None:
    """When the last text, or call, of an alert that waits leaves, after those before it; None where none of it waits."""
    own = next((each for each in queue if each.alert_id == alert_id), None)
    if own is None:
        return None
    place = (*_order(own.lane, own.expires_at), own.alert_id)
    first = [each for each in queue if (*_order(each.lane, each.expires_at), each.alert_id) <= place]
    return _through(first, now=now, limit=limit, hours=hours)


def _through(queue: Iterable[Queued], *, now: datetime, limit: int, hours: Hours | None) -> datetime:
    """When all of these have left: first the urgent ones, at any time."""
    takes = dict.fromkeys(Lane, timedelta())
    for each in queue:
        takes[each.lane] += _takes(each.texts, each.texts * each.each, limit=limit)
    free = now + takes[Lane.URGENT]
    return _after(free, takes[Lane.ROUTINE], hours=hours) if takes[Lane.ROUTINE] else free


def _after(start: datetime, lasts: timedelta, *, hours: Hours | None) -> datetime:
    return hours.after(start, lasts) if hours else start + lasts


def _takes(messages: int, units: float, *, limit: int) -> timedelta:
    if not messages:
        return timedelta()
    return timedelta(seconds=units / effective_rate(limit, each=units / messages))


def _cost(reached: Iterable[tuple[int, int, str]], *, prices: Mapping[str, Decimal]) -> int | None:
    costs = [cost_of(n * segments, region=region, prices=prices) for n, segments, region in reached]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) and prices else None


def _order(lane: Lane, expires: datetime) -> tuple[bool, datetime]:
    return (lane is not Lane.URGENT, expires)
