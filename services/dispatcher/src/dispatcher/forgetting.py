"""What is kept for a while only: the words of providers, what they took, what they told; whom was called."""

from dispatcher.settings import DispatcherSettings
from tocsin_store import answers, callbacks, inbound, lines, provider_messages
from tocsin_store.pool import Pool


async def forget(pool: Pool, *, settings: DispatcherSettings) -> bool:
    """Forget a page of each; says whether there may be more."""
    more = await answers.forget_old(pool, days=settings.answers_kept_days)
    for old in (provider_messages, callbacks, inbound, lines):
        more |= await old.forget_old(pool, days=settings.reports_kept_days)
    return more
