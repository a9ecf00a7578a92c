"""Follows calls: what the provider reports of some afterwards, who says that they have heard it, and who leaves."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.faults.history import Callback, Withdrawal
from tests.faults.load.calls import Event, event_in
from tests.faults.load.carriers import Carriers, is_by_ref, is_forged, reports_on
from tests.faults.load.crowds import crowd_of, withdrawals
from tests.faults.load.means import Crowd, Means
from tests.faults.load.telling import lines_of
from tests.faults.load.wires import wires_of
from tests.support.world import AGENCY_NAME
from tocsin_runtime.voice.phrases import phrases_for
from tocsin_sandbox.calls.calls_log import hash_of
from tocsin_schemas.words import Channel, ReceiptKind

_PHRASES: Final = phrases_for("en", agency=AGENCY_NAME)
THANKED: Final = hash_of(_PHRASES.thanks)
"""That was said: a key had told that the message was heard, and it was kept."""
STOPPED: Final = hash_of(_PHRASES.stopped)
"""That was said: the key to leave was pressed twice, and nobody with that number is called any more."""


async def report_on_calls(means: Means, ledger: Path) -> None:
    """Follow what the provider writes down, until the load stops."""
    async with wires_of(means) as wires, asyncio.TaskGroup() as telling:
        carriers = Carriers(means, wires)
        async for line in lines_of(means, ledger):
            event = event_in(line)
            if event.taken.attempt is None:
                continue
            await means.ledgers.keep(*told_by(event, means.crowds))
            if event.event == "ended":
                for work in _told_of(event, means, carriers=carriers):
                    telling.create_task(work)


def told_by(event: Event, crowds: Sequence[Crowd]) -> Iterator[Callback | Withdrawal]:
    """What keys did, from what was said then: it was committed before."""
    if event.hash == THANKED and event.taken.attempt is not None:
        delivery, _ = event.taken.attempt
        yield Callback(event.at, delivery, ReceiptKind.ACKNOWLEDGED, status=None)
    crowd = crowd_of(crowds, event.to) if event.hash == STOPPED else None
    if crowd is not None:
        yield from withdrawals(crowd, event.to, channel=Channel.VOICE, at=event.at)


def _told_of(event: Event, means: Means, *, carriers: Carriers) -> Iterator[Coroutine[None, None, None]]:
    """By a chance of its own, once it is over: a line that is told to be free may be taken at once."""
    taken, share = event.taken, means.profile.bounces
    random = means.random(f"reports on {taken.attempt}")
    by_ref = is_by_ref(taken, random=random)
    for told in reports_on(taken, share=share, random=random):
        yield carriers.tell(taken, told, by_ref=by_ref, random=random)
    if is_forged(random, share=share):
        yield carriers.forge(taken, random=random)
