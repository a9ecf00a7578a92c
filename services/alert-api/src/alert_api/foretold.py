"""What an agency is told of an alert's texts and calls: at the POST, and in a preview."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import JsonValue

from alert_api.call_told import Calls, CallsTold, calls_of, tell_calls
from alert_api.problems import Fault
from alert_api.settings import MessageSettings
from alert_api.sms_forecast import Place
from alert_api.sms_texts import Texts, texts_of
from alert_api.sms_told import PATIENCE, Told, tell
from tocsin_schemas.words import Channel
from tocsin_store import estimates
from tocsin_store.estimates import Audience, Group
from tocsin_store.new_alerts import Expected
from tocsin_store.pool import Connection

PlaceOf = Callable[[Channel], Place]
"""Where an alert stands in its sender's queue of a channel."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An alert as it is texted and called, where it goes these ways."""

    texts: Texts | None
    calls: Calls | None

    @property
    def channels(self) -> list[Channel]:
        """Those ways."""
        ways = {Channel.SMS: self.texts, Channel.VOICE: self.calls}
        return [channel for channel, composed in ways.items() if composed]

    def faults(self, *, steps: Sequence[Sequence[Channel]] = ()) -> list[Fault]:
        """Why it cannot go there; a fault of the channel itself points to the first of these steps that names it."""
        texts = self.texts.faults(named=_named(Channel.SMS, steps=steps)) if self.texts else ()
        calls = self.calls.faults(named=_named(Channel.VOICE, steps=steps)) if self.calls else ()
        return [*texts, *calls]


def _named(channel: Channel, *, steps: Sequence[Sequence[Channel]]) -> str:
    fields = (f"/plan/{number}/channels" for number, channels in enumerate(steps) if channel in channels)
    return next(fields, "/channels")


@dataclass(frozen=True, slots=True)
class Foretold:
    """What texts and calls will take."""

    texts: Told | None
    calls: CallsTold | None

    @property
    def expected(self) -> Expected:
        """To be kept with the version, for what is told of its way."""
        texts = self.texts
        return Expected(
            texts=texts.forecast.deliveries if texts and texts.forecast else None,
            segments=texts.segments if texts else None,
            calls=self.calls.deliveries if self.calls else None,
        )

    def answer(self, *, currency: str) -> dict[str, JsonValue]:
        """As it is told at the POST."""
        texts = {} if self.texts is None else {"texts": self.texts.answer(currency=currency)}
        calls = {} if self.calls is None else {"calls": self.calls.answer()}
        return {**texts, **calls}


async def composed_of(
    conn: Connection,
    body: Mapping[str, object],
    *,
    channels: Sequence[Channel],
    agency_id: UUID,
    settings: MessageSettings,
) -> Composed:
    """Compose what will be sent and said of an alert as it is stored, as the workers will."""
    texts = Channel.SMS in channels
    calls = Channel.VOICE in channels
    return Composed(
        await texts_of(conn, body, agency_id=agency_id, settings=settings) if texts else None,
        await calls_of(conn, body, agency_id=agency_id) if calls else None,
    )


async def foretell(
    conn: Connection,
    composed: Composed,
    audience: Audience,
    *,
    place: PlaceOf,
    settings: MessageSettings,
    replaces: UUID | None = None,
) -> Foretold:
    """Count whom an alert's texts and calls would go to and foretell them; see `tell_all`."""
    if not composed.channels:
        return Foretold(None, None)
    groups = await estimates.count(conn, audience, channels=composed.channels, within=PATIENCE)
    return await tell_all(conn, composed, groups, place=place, settings=settings, replaces=replaces)


async def tell_all(
    conn: Connection,
    composed: Composed,
    groups: Sequence[Group] | None,
    *,
    place: PlaceOf,
    settings: MessageSettings,
    replaces: UUID | None = None,
) -> Foretold:
    """Foretell an alert's texts and calls.

    Args:
        conn: To see what waits.
        composed: What is sent and said.
        groups: To whom; None where they could not be counted.
        place: Where they stand.
        settings: Prices and countries.
        replaces: An alert of which nothing is sent any more.
    """
    texts = calls = None
    if composed.texts is not None:
        where = place(Channel.SMS)
        texts = await tell(conn, composed.texts, groups, place=where, settings=settings, replaces=replaces)
    if composed.calls is not None:
        where = place(Channel.VOICE)
        countries = settings.voice_countries
        calls = await tell_calls(
            conn, composed.calls, groups, place=where, countries=countries, replaces=replaces
        )
    return Foretold(texts, calls)
