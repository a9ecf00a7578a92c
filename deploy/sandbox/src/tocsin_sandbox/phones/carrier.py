"""Carries texts from a provider's queue to the phones, at the sender's pace."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic

from tocsin_sandbox.phones.agenda import Agenda
from tocsin_sandbox.phones.behaviour import BehaviourT, Dial
from tocsin_sandbox.phones.rules import Phase, RuleBook
from tocsin_sandbox.phones.text import Draft, Text
from tocsin_sandbox.phones.texts import Texts

Tell = Callable[[Text], None]


@dataclass(frozen=True, slots=True)
class Course:
    """The statuses a provider gives to a text on its way."""

    underway: str
    arrived: str
    failed: str
    expired_code: int | None = None


class Pace:
    """When each sender's queue will be empty, in seconds of the loop's clock."""

    def __init__(self) -> None:
        self._free_at: dict[str, float] = {}

    def wait_s(self, sender: str) -> float:
        """How long a text that is taken now waits for its turn."""
        return max(self._free_at.get(sender, 0) - asyncio.get_running_loop().time(), 0)

    def add(self, sender: str, *, takes_s: float) -> None:
        """Put so many seconds of work behind what waits."""
        now = asyncio.get_running_loop().time()
        self._free_at[sender] = max(self._free_at.get(sender, 0), now) + takes_s

    def clear(self) -> None:
        """Nothing waits."""
        self._free_at.clear()


class Carrier(Generic[BehaviourT]):
    """One provider's. Each change of a status is told."""

    def __init__(
        self, texts: Texts, *, course: Course, rules: RuleBook, dial: Dial[BehaviourT], tell: Tell
    ) -> None:
        self._texts = texts
        self._course = course
        self._rules = rules
        self._dial = dial
        self._tell = tell
        self._agenda = Agenda()
        self._pace = Pace()

    def wait_s(self, draft: Draft) -> float:
        """How long it would stay in the queue."""
        return self._pace.wait_s(_queue_of(draft))

    def carry(self, text: Text) -> None:
        """See it to its end: from the queue, or from where a restart left it."""
        draft = text.draft
        if draft.fails_with is not None:
            self._agenda.after(0, partial(self._fail, text.ref, draft.fails_with))
        elif text.status == self._course.underway:
            self._deliver(text)
        else:
            self._queue(text)

    def clear(self) -> None:
        """Forget all that is under way."""
        self._agenda.clear()
        self._pace.clear()

    def _queue(self, text: Text) -> None:
        draft, behaviour = text.draft, self._dial.now
        wait_s = self.wait_s(draft)
        if draft.valid_s is not None and wait_s > draft.valid_s:
            self._agenda.after(draft.valid_s, partial(self._fail, text.ref, self._course.expired_code))
            return
        if behaviour.segments_per_s is not None:
            self._pace.add(_queue_of(draft), takes_s=draft.segments / behaviour.segments_per_s)
        self._agenda.after(wait_s + behaviour.sent_after_s.drawn(text.ref), partial(self._depart, text.ref))

    def _depart(self, ref: str) -> None:
        text = self._move(ref, self._course.underway)
        if text is not None:
            self._deliver(text)

    def _deliver(self, text: Text) -> None:
        action = self._rules.action(Phase.DELIVER, number=text.draft.to)
        if action is None:
            status, code = self._course.arrived, None
            after_s = self._dial.now.delivered_after_s.drawn(f"{text.ref} arrives")
        else:
            (status, code), after_s = action.end, action.delay_s
        if status != text.status:
            self._agenda.after(after_s, partial(self._end, text.ref, status, code))

    def _fail(self, ref: str, code: int | None) -> None:
        self._end(ref, self._course.failed, code)

    def _end(self, ref: str, status: str, code: int | None) -> None:
        self._move(ref, status, code=code, final=True)

    def _move(self, ref: str, status: str, *, code: int | None = None, final: bool = False) -> Text | None:
        text = self._texts.move(ref, status=status, code=code, final=final)
        if text is not None:
            self._tell(text)
        return text


def _queue_of(draft: Draft) -> str:
    return draft.service or draft.sender
