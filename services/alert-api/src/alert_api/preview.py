"""What would become of an alert if it were posted now: who gets it, what its texts say, cost, and how long they take."""

from alert_api.accept import audience_of, checked, place_of
from alert_api.once import Posting
from alert_api.services import Services
from alert_api.sms_told import PATIENCE, tell
from alert_api.sms_views import Preview
from tocsin_store import estimates


async def preview(posting: Posting, *, services: Services) -> Preview:
    """Check and count an alert; nothing is stored.

    Raises:
        Problem: `validation`, as a POST of it would.
    """
    now, settings = services.now(), services.sms
    async with services.database.connection() as conn:
        new, texts = await checked(conn, posting, now=now, settings=settings, plans=services.plans)
        channels = list(dict.fromkeys(channel for step in new.steps for channel in step.channels))
        groups = await estimates.count(conn, audience_of(new), channels=channels, within=PATIENCE)
        told = texts and await tell(conn, texts, groups, place=place_of(new, now=now), settings=settings)
    return Preview(
        lane=new.lane,
        expires=new.expires_at,
        deliveries={
            channel: None if groups is None else sum(each.n for each in groups if each.channel is channel)
            for channel in channels
        },
        texts=told and told.view(currency=settings.sms_currency),
    )
