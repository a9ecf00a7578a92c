"""What an agency is told of an alert's texts: at the POST, and in a preview."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean
from typing import Final
from uuid import UUID

from pydantic import JsonValue

from alert_api.sms_forecast import Forecast, Place, forecast
from alert_api.sms_texts import Texts
from alert_api.sms_views import Money, TextsView, TextView
from tocsin_runtime.sms.prices import amount_of
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_schemas.words import Channel
from tocsin_store import estimates
from tocsin_store.estimates import Group
from tocsin_store.pool import Connection

PATIENCE: Final = timedelta(seconds=1)
"""How long an audience is counted: an alert must not wait for its numbers."""


@dataclass(frozen=True, slots=True)
class Told:
    """Texts, and what they will take where that could be counted in time."""

    texts: Texts
    forecast: Forecast | None

    @property
    def segments(self) -> float:
        """Of one delivery on average."""
        if self.forecast and self.forecast.deliveries:
            return self.forecast.segments / self.forecast.deliveries
        return fmean(text.segments for text in self.texts.texts)

    def view(self, *, currency: str) -> TextsView:
        """As the API says it."""
        told = self.forecast
        return TextsView(
            languages=[TextView.model_validate(text) for text in self.texts.texts],
            deliveries=None if told is None else told.deliveries,
            segments=None if told is None else told.segments,
            price=None if told is None else money(told.cost, currency=currency),
            begins=None if told is None else told.begins,
            ends=None if told is None else told.ends,
            too_late=None if told is None else told.too_late,
        )

    def answer(self, *, currency: str) -> dict[str, JsonValue]:
        """The same without what the texts say: who posts it knows."""
        return self.view(currency=currency).model_dump(
            mode="json", exclude={"languages": {"__all__": {"text"}}}
        )


async def tell(
    conn: Connection,
    texts: Texts,
    groups: Sequence[Group] | None,
    *,
    place: Place,
    settings: SmsSettings,
    replaces: UUID | None = None,
) -> Told:
    """Foretell an alert's texts.

    Args:
        conn: To see what waits.
        texts: What is sent.
        groups: To whom; None where they could not be counted.
        place: Where they stand in their sender's queue.
        settings: Prices and countries.
        replaces: An alert of which nothing is sent any more.
    """
    if groups is None:
        return Told(texts, None)
    waiting = await estimates.queue(conn, agency_id=texts.agency.id, channel=Channel.SMS)
    queue = [each for each in waiting if each.alert_id != replaces]
    return Told(texts, forecast(texts, groups, place=place, queue=queue, settings=settings))


def money(cost: int | None, *, currency: str) -> Money | None:
    """An amount of ten-thousandths."""
    return None if cost is None else Money(amount=amount_of(cost), currency=currency)
