"""Texts: Twilio takes them, or GOV.UK Notify; both report what became of them, and people text back."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

from tests.faults.history import Accept
from tests.faults.load.carriers import Carriers, is_by_ref, is_forged, reports_on
from tests.faults.load.means import Means, Profile
from tests.faults.load.phones import Phones
from tests.faults.load.telling import lines_of
from tests.faults.load.texts import Taken, sender_of, taken_in
from tests.faults.load.wires import wires_of
from tests.faults.outside import Ledger, Outside, Provider
from tocsin_local.layout import Layout
from tocsin_local.provider_accounts import sms_providers
from tocsin_local.services import SANDBOX_PAGE
from tocsin_sandbox.phones.texts_log import FILE_NAME
from tocsin_schemas.words import Channel
from tocsin_store.pool import Connection

_MARK: Final = "+4473"
_DIGITS: Final = 8
_TWILIO, _NOTIFY = Provider("twilio", port=SANDBOX_PAGE), Provider("notify", port=SANDBOX_PAGE)
_ENROL: Final = "UPDATE agency SET sms_from = $2, sms_segments_per_s = $3 WHERE id = $1"


async def _enrol(connection: Connection, agency: UUID, profile: Profile) -> None:
    await connection.execute(_ENROL, agency, sender_of(agency), profile.segments_per_s)


def _address(bits: int, _domain: str) -> str:
    return f"{_MARK}{bits % 10**_DIGITS:0{_DIGITS}d}"


def _settings(layout: Layout, ports: Mapping[str, int]) -> Mapping[str, str]:
    """Few seconds, so that a stall of seconds is one."""
    urls = {f"{one.name}_url": f"http://127.0.0.1:{ports[one.name]}" for one in (_TWILIO, _NOTIFY)}
    return {
        "TOCSIN_SMS_PROVIDERS": sms_providers(layout.secrets, **urls),
        "TOCSIN_SMS_TIMEOUT": "PT5S",
        "TOCSIN_SANDBOX_TWILIO": '{"segments_per_s": null}',
    }


def _ledger(layout: Layout) -> Path:
    return layout.sandbox / FILE_NAME


def _accepts(line: bytes) -> Iterator[Accept]:
    """One, but for headings and for texts that are of no delivery; their reference names delivery and claim."""
    taken = taken_in(line)
    if taken is None or taken.attempt is None:
        return
    delivery, fence = taken.attempt
    what = (taken.recipient, Channel.SMS, taken.provider, fence, taken.segments)
    yield Accept(taken.at, taken.begun, delivery, *what)


async def _call_back(means: Means) -> None:
    """Follow what the providers accept: they report on a share of it, and people answer some."""
    async with wires_of(means) as wires, asyncio.TaskGroup() as telling:
        carriers, phones = Carriers(means, wires), Phones(means, wires)
        before: dict[UUID, Taken] = {}
        async for line in lines_of(means, _ledger(means.scene.stack.layout)):
            taken = taken_in(line)
            if taken is not None and taken.attempt is not None:
                for work in _told_of(taken, means, carriers=carriers, phones=phones):
                    telling.create_task(work)
                for work in _told_late(before.get(taken.attempt[0]), means, carriers=carriers):
                    telling.create_task(work)
                before[taken.attempt[0]] = taken


def _told_of(
    taken: Taken, means: Means, *, carriers: Carriers, phones: Phones
) -> Iterator[Coroutine[None, None, None]]:
    """By a chance of its own: when a line is read does not change what is told of it."""
    profile = means.profile
    random = means.random(f"reports on {taken.attempt}")
    by_ref = is_by_ref(taken, random=random)
    for told in reports_on(taken, share=profile.bounces, random=random):
        yield carriers.tell(taken, told, by_ref=by_ref, random=random)
    if is_forged(random, share=profile.bounces):
        yield carriers.forge(taken, random=random)
    if random.random() < profile.answers:
        yield phones.answer(taken, random=means.random(f"phone {taken.attempt}"))


def _told_late(
    earlier: Taken | None, means: Means, *, carriers: Carriers
) -> Iterator[Coroutine[None, None, None]]:
    """Of the attempt before, now that another one was made."""
    if earlier is None:
        return
    random = means.random(f"late on {earlier.attempt}")
    if random.random() < means.profile.late:
        for told in reports_on(earlier, share=1.0, random=random):
            yield carriers.tell(earlier, told, by_ref=False, random=random)


OUTSIDE: Final = Outside(
    channel=Channel.SMS,
    marks=(_MARK, "%2b4473"),
    enrol=_enrol,
    address=_address,
    providers=(_TWILIO, _NOTIFY),
    settings=_settings,
    ledger=Ledger(where=_ledger, copy="texts.log", accepts=_accepts),
    call_back=_call_back,
)
