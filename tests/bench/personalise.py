"""One member's message: their values spliced into the alert's, against an `EmailMessage` for each."""

import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from itertools import chain
from statistics import median
from typing import Final
from uuid import uuid4

from email_worker.envelopes import Envelopes
from email_worker.mime import Values, skeleton
from email_worker.render import RenderedAlert, Residual, render
from email_worker.smtp_connection import Envelope
from tests.bench.rows import Row
from tests.bench.wish import Wish
from tests.support.batches import a_batch
from tests.support.emails import VALUES, an_alert
from tests.support.smtp import email_settings
from tocsin_local.demo_alert import EMAIL_ALERT
from tocsin_local.sample import SampleMember, members
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.content import AlertContent

_MEMBERS: Final = 600
_TURNS: Final = 20
_GOAL: Final = 150.0


def measure(wish: Wish) -> list[Row]:
    """All in turn, twenty times; an alert is rendered before, as it is once for each of its languages."""
    people = list(members(max(_TURNS, wish.count(_MEMBERS)), seed=1))
    wish.console.print(f"personalise: {len(people)} messages each")
    content = an_alert(body=EMAIL_ALERT)
    ways = (
        _Built(content, people).message,
        _Spliced(content, people).message,
        _Signed(content, people).message,
    )
    turns = [[_micros(way, part) for way in ways] for part in _parts(len(people))]
    built, spliced, signed = (median(each) for each in zip(*turns, strict=True))
    ratio, ratio_signed = (median(turn[0] / turn[number] for turn in turns) for number in (1, 2))
    goal = f"≥ {_GOAL:.0f} times faster"
    return [
        Row("email-message", built, f"CPU µs a message of {len(ways[0](0)):,} bytes"),
        Row("personalise", spliced, "CPU µs a message", built, ratio, goal, ratio >= _GOAL),
        Row("personalise-signed", signed, "CPU µs, links and return path signed", built, ratio_signed),
    ]


class _Spliced:
    """A member's values into the skeleton."""

    def __init__(self, content: AlertContent, people: Sequence[SampleMember]) -> None:
        self._people = people
        self._skeletons = {
            tag: skeleton(render(content, language=tag), content, eight_bit=True)
            for tag in {one.language for one in people}
        }

    def message(self, number: int) -> bytes:
        person = self._people[number]
        values = VALUES._replace(to=_address(person), name=person.name)
        return self._skeletons[person.language].spliced(values)


class _Signed:
    """As the worker does it: values and envelope are made from the claim."""

    def __init__(self, content: AlertContent, people: Sequence[SampleMember]) -> None:
        self._batch = a_batch([_claim(person) for person in people], content=content)
        self._envelopes = Envelopes(email_settings(1))
        for number in range(len(people)):
            self.message(number)  # every language is rendered now

    def message(self, number: int) -> bytes:
        made = self._envelopes.envelope(self._batch, self._batch.deliveries[number], eight_bit=True)
        if not isinstance(made, Envelope):
            raise TypeError(made.reason)
        return made.body


class _Built:
    """With the standard library's message; it gets the same values."""

    def __init__(self, content: AlertContent, people: Sequence[SampleMember]) -> None:
        self._content = content
        self._people = people
        self._rendered = {tag: render(content, language=tag) for tag in {one.language for one in people}}

    def message(self, number: int) -> bytes:
        person = self._people[number]
        rendered = self._rendered[person.language]
        message = self._headed(rendered, to=_address(person))
        message.set_content(_filled(rendered.text, VALUES, name=person.name), cte="8bit")
        name = escape(person.name)
        message.add_alternative(_filled(rendered.html, VALUES, name=name), subtype="html", cte="8bit")
        return message.as_bytes()

    def _headed(self, rendered: RenderedAlert, *, to: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP.clone(cte_type="8bit"))
        message["From"] = f'"{self._content.agency_name}" <{self._content.email_from}>'
        message["Reply-To"] = self._content.reply_to
        message["Subject"] = rendered.subject
        message["Date"] = "Sun, 01 Nov 2026 12:00:00 +0000"
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = rendered.language
        message["To"] = to
        message["Message-ID"] = f"<{VALUES.message_id}>"
        message["List-Unsubscribe"] = f"<{VALUES.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return message


def _filled(residual: Residual, values: Values, *, name: str) -> str:
    said = {"name": name, "seen": values.seen, "unsubscribe": values.unsubscribe}
    slots = [said[slot] for slot in residual.slots]
    return "".join(chain(*zip(residual.literals, [*slots, ""], strict=True))).replace("\r\n", "\n")


def _claim(person: SampleMember) -> ClaimedDelivery:
    who = (_address(person), person.name, person.language)
    return ClaimedDelivery(uuid4(), 1, 1, uuid4(), *who, 0, 0, resolve=False)


def _address(person: SampleMember) -> str:
    return f"member.{person.key}@homes.example"


def _parts(count: int) -> list[range]:
    size = count // _TURNS
    return [range(start, start + size) for start in range(0, size * _TURNS, size)]


def _micros(message: Callable[[int], bytes], numbers: range) -> float:
    begun = time.process_time()
    for number in numbers:
        message(number)
    return 1e6 * (time.process_time() - begun) / len(numbers)
