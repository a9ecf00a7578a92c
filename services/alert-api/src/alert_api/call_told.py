"""An alert as calls: what is said in each language, and what an agency is told of them at the POST, and in a preview."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import Final
from uuid import UUID

from pydantic import JsonValue

from alert_api.call_hours import hours_in
from alert_api.call_views import CallsView, SaidView
from alert_api.problems import Fault
from alert_api.sms_forecast import Place, Turn, turn_of
from alert_api.sms_texts import languages_of
from tocsin_runtime.numbers import region_of_code
from tocsin_runtime.voice.script import Script, script
from tocsin_schemas.words import Channel
from tocsin_store import agencies, estimates
from tocsin_store.agencies import Agency
from tocsin_store.estimates import Group
from tocsin_store.pool import Connection

_NO_CALLER: Final = Fault(
    "/channels",
    "no_call_sender",
    "Your agency has no number that calls could come from. An operator sets one.",
)
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Calls:
    """What is said in each language of an alert, and who calls."""

    agency: Agency
    scripts: Sequence[Script]

    def faults(self, *, named: str) -> list[Fault]:
        """Whether there is anybody to call; `named` is where calls were asked for."""
        return [] if self.agency.voice_from else [replace(_NO_CALLER, pointer=named)]


@dataclass(frozen=True, slots=True)
class CallsTold:
    """Calls, and when they are made where they could be counted in time."""

    calls: Calls
    deliveries: int | None
    turn: Turn | None
    at: datetime

    def view(self) -> CallsView:
        """As the API says it."""
        turn = self.turn
        return CallsView(
            languages=[SaidView(language=each.language, said=each.said) for each in self.calls.scripts],
            deliveries=self.deliveries,
            begins=turn and turn.begins,
            ends=turn and turn.ends,
            minutes=turn and ceil((turn.ends - self.at).total_seconds() / _MINUTE_S),
            too_late=turn and turn.too_late,
        )

    def answer(self) -> dict[str, JsonValue]:
        """The same without what is said: who posts it knows."""
        return self.view().model_dump(mode="json", exclude={"languages": {"__all__": {"said"}}})


async def calls_of(conn: Connection, body: Mapping[str, object], *, agency_id: UUID) -> Calls:
    """Compose what will be said of an alert as it is stored."""
    agency = await agencies.find(conn, agency_id)
    if agency is None:  # its key was just read; agencies are never deleted
        raise LookupError("agency")
    scripts = [script(body, language=language, agency=agency.name) for language in languages_of(body)]
    return Calls(agency, scripts)


async def tell_calls(
    conn: Connection,
    calls: Calls,
    groups: Sequence[Group] | None,
    *,
    place: Place,
    countries: Collection[str],
    replaces: UUID | None = None,
) -> CallsTold:
    """Foretell an alert's calls: one to a household, those that are routine in the hours of most of them.

    Args:
        conn: To see what waits.
        calls: What is said.
        groups: To whom; None where they could not be counted.
        place: Where they stand in their caller's queue.
        countries: Where they may go.
        replaces: An alert of which nobody is called any more.
    """
    if groups is None:
        return CallsTold(calls, None, None, place.now)
    waiting = await estimates.queue(conn, agency_id=calls.agency.id, channel=Channel.VOICE)
    queue = [each for each in waiting if each.alert_id != replaces]
    by_zone = _by_zone(groups, countries=countries)
    deliveries = by_zone.total()
    where = replace(place, hours=hours_in(_most(by_zone)))
    turn = turn_of(deliveries, deliveries, place=where, queue=queue, limit=calls.agency.calls_per_s)
    return CallsTold(calls, deliveries, turn, place.now)


def _by_zone(groups: Sequence[Group], *, countries: Collection[str]) -> Counter[str]:
    """How many households are called, by time zone."""
    by_zone: Counter[str] = Counter()
    for each in groups:
        if each.channel is Channel.VOICE and region_of_code(each.route, countries=countries) is not None:
            by_zone[each.time_zone] += each.households
    return by_zone


def _most(by_zone: Counter[str]) -> str | None:
    return next((zone for zone, _ in by_zone.most_common(1)), None)
