"""Histories made by hand: a lawful one of one alert to three members, and ways to bend it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from tests.faults.checker import check
from tests.faults.history import (
    Accept,
    Alert,
    Answer,
    Consent,
    Contact,
    Delivery,
    Dump,
    Fact,
    History,
    Injected,
    Move,
    Snapshot,
    Step,
    Suppression,
    Work,
)
from tocsin_schemas.words import RANK, STATE_OF, Channel, Purpose, ReceiptKind, Severity, State

Act = Literal["post", "cancel", "correct"]

ALERT: Final = UUID(int=1)
AGENCY: Final = UUID(int=2)
POSTED: Final = 1_000.0
"""When the alert was committed, and its audience frozen."""
END: Final = POSTED + 3_600
"""When it expires."""
DUMPED: Final = POSTED + 600


@dataclass(frozen=True, slots=True)
class Row:
    """One delivery with all that is known of it."""

    row: Delivery
    moves: Sequence[Move]
    facts: Sequence[Fact]
    accepts: Sequence[Accept]

    @staticmethod
    def born(
        number: int,
        *,
        version: int = 1,
        wave: int = 0,
        at: float = POSTED + 0.1,
        channel: Channel = Channel.EMAIL,
    ) -> "Row":
        """A row of member `number` that waits."""
        id_ = UUID(int=(wave << 40) + (version << 32) + number)
        contact = contact_of(number)
        row = Delivery(
            id_,
            ALERT,
            version,
            contact.member,
            contact.id,
            channel,
            State.PENDING,
            "waiting",
            0,
            0,
            0,
            None,
            wave,
        )
        return Row(row, [Move(at, id_, None, (State.PENDING, "waiting", 0))], [], [])

    def moved(self, at: float, *, state: State | None = None, work: Work, claims: bool = False) -> "Row":
        """It becomes something else."""
        row = replace(self.row, state=state or self.row.state, work=work, fence=self.row.fence + claims)
        before = (self.row.state, self.row.work, self.row.fence)
        move = Move(at, row.id, before, (row.state, row.work, row.fence))
        return replace(self, row=row, moves=[*self.moves, move])

    def claimed(self, at: float) -> "Row":
        """A worker claims it."""
        return self.moved(at, work="claimed", claims=True)

    def accepted(
        self, at: float, *, begun: float | None = None, provider: str = "relay", fence: int | None = None
    ) -> "Row":
        """A provider takes it."""
        begun = at - 0.1 if begun is None else begun
        address = contact_of(self.row.member.int - 100).address
        accept = Accept(at, begun, self.row.id, address, self.row.channel, provider, fence)
        return replace(self, accepts=[*self.accepts, accept])

    def told(
        self,
        at: float,
        kind: ReceiptKind,
        *,
        fence: int | None = None,
        due_at: float | None = None,
        status: str | None = None,
        reason: str | None = None,
    ) -> "Row":
        """A fact about it is merged; the row's work does not change."""
        order = (len(self.facts), 0)
        number = self.row.fence if fence is None else fence
        told = (reason, "relay", status, due_at, at, order)
        failed = kind is ReceiptKind.FAILED and due_at is not None
        state = State.SENT if failed else STATE_OF[kind]
        fact = Fact(self.row.id, number, kind, state, *told)
        ambiguous = self.row.ambiguous + (kind is ReceiptKind.UNKNOWN)
        return replace(self, row=replace(self.row, ambiguous=ambiguous), facts=[*self.facts, fact])

    def sent(self, at: float) -> "Row":
        """It is claimed, accepted, and told so, within a second."""
        row = self.claimed(at).accepted(at + 0.3).told(at + 0.4, ReceiptKind.ACCEPTED)
        return row.moved(at + 0.5, state=State.SENT, work="none")

    def unknown(self, at: float, *, due_at: float | None) -> "Row":
        """Its attempt was ambiguous: it waits to be made again, or there it ends."""
        row = self.told(at, ReceiptKind.UNKNOWN, due_at=due_at)
        return row.moved(at + 0.1, state=State.UNKNOWN, work="none" if due_at is None else "waiting")

    def refused(self, at: float, *, due_at: float) -> "Row":
        """It was certainly not taken, and waits."""
        return self.told(at, ReceiptKind.REFUSED, due_at=due_at).moved(at + 0.1, work="waiting")

    def ended(self, at: float, kind: ReceiptKind) -> "Row":
        """It is settled by a fact of this kind."""
        return self.told(at, kind).moved(at, state=STATE_OF[kind], work="none")


def contact_of(number: int) -> Contact:
    """Where member `number` reads: the third one elsewhere than the others."""
    domain = "elsewhere.example" if number == 3 else "town.example"
    address = f"m{number}@{domain}"
    return Contact(UUID(int=(1 << 64) + number), member(number), Channel.EMAIL, address, 10.0, 10.0, None)


def member(number: int) -> UUID:
    """The id of member `number`."""
    return UUID(int=100 + number)


def consent_of(
    number: int, *, begin: float = 10.0, end: float | None = None, channel: Channel = Channel.EMAIL
) -> Consent:
    """What member `number` agreed to."""
    return Consent(member(number), AGENCY, Purpose.EMERGENCY, channel, begin, end)


def step(
    wave: int,
    *,
    after: float = 0.0,
    channel: Channel = Channel.EMAIL,
    unless: State = State.DELIVERED,
) -> Step:
    """One of the alert's plan, for those whom an earlier one did not bring so far."""
    return Step(ALERT, 1, wave, channel, POSTED + after, RANK[unless] if wave else None)


def rows(*, at: float = POSTED + 1) -> list[Row]:
    """Three rows that were sent."""
    return [Row.born(number).sent(at) for number in (1, 2, 3)]


def answer(act: Act = "post", *, status: int = 202, at: float = POSTED + 0.05, key: str = "") -> Answer:
    """What an act on the alert was answered, as it should be."""
    alert = ALERT if status == 202 else None
    comes_again = status in {409, 429, 503}
    return Answer(at - 0.1, at, act, AGENCY, key or act, status, alert, status >= 400, comes_again)


def final(counts: Mapping[State, int], *, version: int = 7) -> list[Snapshot]:
    """What both surfaces show in the end."""
    total = sum(counts.values())
    return [
        Snapshot(DUMPED, "api", ALERT, version, total, counts, final=True),
        Snapshot(DUMPED, "metrics", ALERT, version, total, counts, final=True),
    ]


def fault(kind: str = "kill", *, began: float, ended: float, domain: str | None = None) -> Injected:
    """A fault that disturbs."""
    return Injected(kind, began, ended, domain=domain)


def history(
    made: Sequence[Row] | None = None,
    *,
    answers: Sequence[Answer] = (),
    consents: Sequence[Consent] | None = None,
) -> History:
    """A lawful run with one alert; bend it with `replace`, and its dump with `dumped`."""
    made = rows() if made is None else made
    dump = Dump(
        at=DUMPED,
        alerts={ALERT: _alert(version=max((one.row.version for one in made), default=1))},
        deliveries={one.row.id: one.row for one in made},
        moves={one.row.id: one.moves for one in made},
        facts={one.row.id: one.facts for one in made},
        consents=[consent_of(number) for number in (1, 2, 3)] if consents is None else consents,
        contacts={contact_of(number).id: contact_of(number) for number in (1, 2, 3)},
    )
    return History(
        dump,
        answers=[answer(), *answers],
        accepts=[accept for one in made for accept in one.accepts],
    )


def altered(
    lawful: History,
    *,
    alert: Alert | None = None,
    contacts: Sequence[Contact] = (),
    suppressions: Sequence[Suppression] = (),
    left: Mapping[str, int] = MappingProxyType({}),
    reached: Sequence[int] = (),
    steps: Sequence[Step] = (),
) -> History:
    """The same run, with something else in its dump."""
    dump = lawful.dump
    return replace(
        lawful,
        dump=replace(
            dump,
            alerts={ALERT: alert or the_alert(lawful)},
            contacts={**dump.contacts, **{contact.id: contact for contact in contacts}},
            suppressions=suppressions,
            left=left,
            reached_versions=frozenset((ALERT, version) for version in reached),
            steps=steps,
        ),
    )


def the_alert(lawful: History) -> Alert:
    """The one alert of a run."""
    return lawful.dump.alerts[ALERT]


def broken(run: History) -> set[str]:
    """What the checker finds: invariants and rules."""
    return {f"{finding.invariant} {finding.rule}" for finding in check(run)}


def large(members: int) -> History:
    """A lawful run with as many members as one likes, all of whom got the alert."""
    made = [Row.born(number).sent(POSTED + 1 + number % 10) for number in range(1, members + 1)]
    run = history(made, consents=[consent_of(number) for number in range(1, members + 1)])
    return altered(run, contacts=[contact_of(number) for number in range(1, members + 1)])


def _alert(*, version: int) -> Alert:
    return Alert(
        id=ALERT,
        agency=AGENCY,
        purpose=Purpose.EMERGENCY,
        severity=Severity.SEVERE,
        lane="urgent",
        version=version,
        state="live",
        open=True,
        frozen_at=POSTED,
        expires_at=END,
    )
