"""Calls without an end are asked after; how long somebody listened, the ledger knows, and who it was."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from tocsin_providers.http.answers import Object, moment_of, text_of
from tocsin_providers.report import Report
from tocsin_providers.twilio.call_statuses import report_of_call
from tocsin_store import calls
from tocsin_store.calls import Heard
from tocsin_store.pool import UNAVAILABLE, Pool
from voice_worker.voice_channel import VoiceChannel

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks a provider, then the ledger."""

    pool: Pool
    channel: VoiceChannel

    async def status(self, provider: str, ref: str) -> Report | None:
        """Ask what became of a call; None where nobody says."""
        call = await self.channel.fetched(provider, ref)
        if call is None:
            return None
        try:
            async with self.pool.acquire() as connection:
                heard = (await calls.heard(connection, [(provider, ref)])).get((provider, ref))
        except UNAVAILABLE as error:
            log.warning("heard_unknown", error=type(error).__name__)
            return None
        return report_on(call, heard=heard)


def report_on(call: Object, *, heard: Heard | None) -> Report | None:
    """What a call as Twilio has it means, in the words of the callback that did not come.

    Args:
        call: The resource: status, who answered, when it ended, how many seconds it lasted.
        heard: Since when its message was listened to, and by whom; None where nothing was said.
    """
    by = text_of(call.get("answered_by")) or None
    return report_of_call(
        text_of(call.get("status")),
        answered_by=heard.by or by if heard else by,
        heard_s=None if heard is None else _heard_s(call, since=heard.since),
        code=None,
    )


def _heard_s(call: Object, *, since: datetime) -> float:
    """No longer than the call lasted: the clocks of two are compared here."""
    ended = moment_of(call.get("end_time"))
    lasted = text_of(call.get("duration"))
    longest = float(lasted) if lasted.isascii() and lasted.isdecimal() else 0.0
    return 0.0 if ended is None else min((ended - since).total_seconds(), longest)
