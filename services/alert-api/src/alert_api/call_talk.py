"""Conducts a call: what is said when it is answered, and after each key (product rules)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import structlog

from alert_api.acknowledging import acknowledge
from alert_api.call_acts import stop_calls
from alert_api.call_steps import MOST_WRONG, Offer, Step
from alert_api.services import Services
from tocsin_providers.twilio import twiml
from tocsin_providers.twilio.call_statuses import AFTER_MACHINES, HUMAN
from tocsin_runtime.tokens import read_callback
from tocsin_runtime.voice.phrases import Phrases, phrases_of
from tocsin_runtime.voice.script import Script, ScriptError
from tocsin_runtime.voice.settings import FALLBACK, Voice
from tocsin_store import acknowledgements, calls
from tocsin_store.callbacks import Told
from tocsin_store.calls import SPEAKING, Called

log = structlog.get_logger()

_NOTHING_RECORDS: Final = frozenset({"fax", "machine_start"})
"""A fax, or a machine that has not said its greeting: nothing can be left there."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that asks what to say now."""

    provider: str
    ref: str
    """The provider's own id of it."""
    step: Step


@dataclass(frozen=True, slots=True)
class _Line:
    """Somebody on the line, and what they may be told."""

    call: Call
    called: Called
    fence: int
    script: Script
    services: Services

    @property
    def phrases(self) -> Phrases:
        return self.script.phrases

    @property
    def voices(self) -> Mapping[str, Voice]:
        return self.services.scripts.voices

    def action(self, offer: Offer) -> str:
        return self.call.step.offering(offer)

    def last(self, text: str) -> str:
        return twiml.said_last(text, language=self.phrases.language, voices=self.voices)


async def answered(call: Call, services: Services) -> str:
    """What is said first, to whoever or whatever answered.

    Raises:
        DatabaseDownError: Nothing can be said yet.
        Problem: `busy`; likewise.
    """
    if call.step.answered_by in _NOTHING_RECORDS:
        return twiml.hang_up()
    line = await _line(call, services)
    if call.step.answered_by in AFTER_MACHINES:
        return twiml.hang_up() if line is None else await _recorded(line)
    if line is None:
        return goodbye(services)
    if line.called.no_caller_text and line.called.in_force:
        return twiml.at_risk(line.phrases, voices=line.voices, action=line.action(Offer.AT_RISK))
    return await _spoken(line)


async def pressed(call: Call, services: Services) -> str:
    """What is said after a key; what the key does is committed by then.

    Raises:
        DatabaseDownError: It may have been done; the same again is harmless.
        Problem: `busy`; likewise.
    """
    line = await _line(call, services)
    if line is None:
        return goodbye(services)
    step = call.step
    if step.offered is Offer.AT_RISK:
        return await (_spoken(line) if step.digits == "1" else _wrong(line))
    if step.offered is Offer.STOP and step.digits == "9":
        return await _stopped(line)
    return await _MENU.get(step.digits, _wrong)(line)


def goodbye(services: Services) -> str:
    """To somebody of whom nothing is known."""
    phrases = phrases_of(FALLBACK)
    return twiml.said_last(phrases.goodbye, language=phrases.language, voices=services.scripts.voices)


async def _line(call: Call, services: Services) -> _Line | None:
    """None where the reference is none of ours, or what it was about is gone."""
    known = read_callback(services.signing_keys, call.step.reference)
    if known is None:
        return None
    delivery, fence = known
    async with services.database.connection() as conn:
        called = await calls.find(conn, delivery, fence=fence)
        if called is None:
            return None
        try:
            script = await services.scripts.of(conn, called)
        except ScriptError as error:
            log.error("script_broke", alert=str(called.alert_id), error=str(error))
            return None
    return _Line(call, called, fence, script, services)


async def _spoken(line: _Line) -> str:
    """The message, to a person."""
    if not line.called.in_force:
        return _over(line)
    await _note_speaking(line)
    return twiml.person(line.script, voices=line.voices, action=line.action(Offer.MENU))


async def _repeated(line: _Line) -> str:
    """The message, to a person who has shown to be one."""
    if not line.called.in_force:
        return _over(line)
    await _note_speaking(line)
    return twiml.repeated(line.script, voices=line.voices, action=line.action(Offer.MENU))


async def _recorded(line: _Line) -> str:
    """The message, to a machine; never where others than a member at risk may hear it."""
    called = line.called
    if called.never_voicemail or called.no_caller_text or not called.in_force:
        return twiml.hang_up()
    await _note_speaking(line)
    return twiml.machine(line.script, voices=line.voices)


async def _note_speaking(line: _Line) -> None:
    """From now on it counts as listened to."""
    call = line.call
    by = HUMAN if call.step.digits else call.step.answered_by
    told = Told(call.provider, call.ref, SPEAKING, by, line.called.delivery_id, line.fence)
    await line.services.callback_desk.put(told)


async def _thanked(line: _Line) -> str:
    async with line.services.database.transaction() as conn:
        seen = await acknowledgements.find(conn, line.called.delivery_id, fence=line.fence)
        if seen is not None:
            await acknowledge(conn, seen, provider=line.call.provider, at=line.services.now())
    return line.last(line.phrases.thanks) if line.called.in_force else _over(line)


async def _asked(line: _Line) -> str:
    return twiml.confirm_stop(line.phrases, voices=line.voices, action=line.action(Offer.STOP))


async def _stopped(line: _Line) -> str:
    async with line.services.database.transaction() as conn:
        await stop_calls(conn, line.called, provider=line.call.provider, ref=line.call.ref)
    return line.last(line.phrases.stopped)


async def _wrong(line: _Line) -> str:
    step = replace(line.call.step, wrong=line.call.step.wrong + 1)
    if step.wrong > MOST_WRONG:
        return line.last(line.phrases.goodbye)
    if step.offered is Offer.AT_RISK:
        action = step.offering(Offer.AT_RISK)
        return twiml.wrong_key_at_risk(line.phrases, voices=line.voices, action=action)
    return twiml.wrong_key(line.phrases, voices=line.voices, action=step.offering(Offer.MENU))


def _over(line: _Line) -> str:
    return line.last(line.phrases.over)


_MENU: Final[Mapping[str, Callable[[_Line], Awaitable[str]]]] = {"1": _thanked, "2": _repeated, "9": _asked}
