"""What would become of an alert if it were posted now: who gets it, what is sent and said, at what price, for how long."""

from alert_api.accept import audience_of, channels_of, checked, place_of
from alert_api.foretold import tell_all
from alert_api.once import Posting
from alert_api.services import Services
from alert_api.sms_told import PATIENCE
from alert_api.sms_views import Preview
from tocsin_store import estimates


async def preview(posting: Posting, *, services: Services) -> Preview:
    """Check and count an alert; nothing is stored.

    Raises:
        Problem: `validation`, as a POST of it would.
    """
    now, settings = services.now(), services.sms
    async with services.database.connection() as conn:
        new, composed = await checked(conn, posting, now=now, settings=settings, plans=services.plans)
        channels = channels_of(new)
        groups = await estimates.count(conn, audience_of(new), channels=channels, within=PATIENCE)
        place = place_of(new, now=now)
        told = await tell_all(conn, composed, groups, place=place, settings=settings)
    return Preview(
        lane=new.lane,
        expires=new.expires_at,
        deliveries={
            channel: None if groups is None else sum(each.n for each in groups if each.channel is channel)
            for channel in channels
        },
        texts=told.texts and told.texts.view(currency=settings.sms_currency),
        calls=told.calls and told.calls.view(),
    )
