"""Calls: Twilio makes them, people press keys, and it reports what became of each."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

from tests.faults.load.callees import SPEED, USUAL, be_called
from tests.faults.load.calls import accepts_in, caller_of, calls_in
from tests.faults.load.exchange import report_on_calls
from tests.faults.load.means import Means, Profile
from tests.faults.outside import Ledger, Outside, Provider
from tocsin_local.layout import Layout
from tocsin_local.services import SANDBOX_PAGE
from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.calls.calls_log import FILE_NAME
from tocsin_schemas.words import Channel
from tocsin_store.pool import Connection

_MARK: Final = "+44774"
_DIGITS: Final = 7
_TWILIO: Final = Provider("twilio", port=SANDBOX_PAGE)
_ENROL: Final = "UPDATE agency SET voice_from = $2, calls_per_s = $3 WHERE id = $1"
_SELDOM: Final = 0.2
"""Each call asks us twice and is reported four times: most members have no phone that is called."""
_AT_HOME: Final = 0.7


async def _enrol(connection: Connection, agency: UUID, profile: Profile) -> None:
    await connection.execute(_ENROL, agency, caller_of(agency), profile.calls_per_s)


def _address(bits: int, _domain: str) -> str:
    return f"{_MARK}{bits % 10**_DIGITS:0{_DIGITS}d}"


def _settings(_layout: Layout, _ports: Mapping[str, int]) -> Mapping[str, str]:
    """Few seconds, so that a stall of seconds is one, and a silent call is over soon. The account is that of texts."""
    behaviour = CallsBehaviour(speed=SPEED, calls_per_s=None, callee=USUAL)
    return {
        "TOCSIN_VOICE_TIMEOUT": "PT5S",
        "TOCSIN_VOICE_RING": "PT10S",
        "TOCSIN_VOICE_LONGEST": "PT90S",
        "TOCSIN_SANDBOX_TWILIO_CALLS": behaviour.model_dump_json(exclude_unset=True),
    }


def _ledger(layout: Layout) -> Path:
    return layout.sandbox / FILE_NAME


async def _call_back(means: Means) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(be_called(means))
        group.create_task(report_on_calls(means, _ledger(means.scene.stack.layout)))


OUTSIDE: Final = Outside(
    channel=Channel.VOICE,
    marks=(_MARK, "%2b44774"),
    enrol=_enrol,
    address=_address,
    providers=(_TWILIO,),
    settings=_settings,
    ledger=Ledger(where=_ledger, copy="calls.log", accepts=accepts_in, calls=calls_in),
    call_back=_call_back,
    popular=_SELDOM,
    shared=_AT_HOME,
)
