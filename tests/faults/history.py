"""What is known of a run, from outside the system and from its database; all a check ever reads.

Moments are unix seconds by the clock of this machine, which harness, providers and database share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from tocsin_schemas.words import Channel, Purpose, ReceiptKind, Severity, State

Work = Literal["waiting", "claimed", "none"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One step of a plan as it was posted."""

    channels: tuple[Channel, ...]
    after: int = 0
    """Seconds."""
    unless: State | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Ledger 1, clients: one request of an agency's program, and what it was answered."""

    sent_at: float
    at: float
    act: Literal["post", "cancel", "correct"]
    agency: UUID
    key: str
    """Idempotency-Key: the same in every repetition."""
    status: int
    """0: no answer came."""
    alert: UUID | None = None
    """Of a 202."""
    problem: bool = False
    """Whether it was `application/problem+json`."""
    retry_after: bool = False
    plan: tuple[Asked, ...] = ()
    """Of a post with one."""


@dataclass(frozen=True, slots=True)
class Accept:
    """Ledger 2, providers: a message that a provider took responsibility for."""

    at: float
    begun: float
    """When the hand-over began, as the provider saw it: its envelope came."""
    delivery: UUID
    recipient: str
    channel: Channel
    provider: str
    """By the name of `Provider`."""
    fence: int | None = None
    """Of the claim that it was handed over under; None where the ledger does not say."""
    segments: int = 0
    """Parts that a text was sent in."""


@dataclass(frozen=True, slots=True)
class Call:
    """Ledger 2, too: a call, as a line that it kept busy saw it."""

    delivery: UUID
    fence: int
    number: str
    began: float
    """When it was dialled."""
    ended: float | None
    """None: it goes on at the end of the run."""
    status: str | None = None
    """Twilio's word for how it ended."""
    answered_by: str | None = None
    """Twilio's word for who answered; None where nobody did, or hung up before it was known."""


@dataclass(frozen=True, slots=True)
class Callback:
    """Ledger 3, callbacks: what a provider told of a delivery, once it was acknowledged."""

    at: float
    delivery: UUID
    kind: ReceiptKind
    status: str | None
    """`provider_status` of the receipt that must come of it, for example `dsn 5.1.1`."""
    fence: int | None = None
    """Whose attempt it is about, where it said so."""
    by_ref: bool = False
    """Whether it named its message only as the provider does: nobody knows of what who was not told that name."""
    forged: bool = False
    """Whether somebody else sent it: no receipt may come of it."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Ledger 4, consents: a withdrawal that was acknowledged."""

    at: float
    member: UUID
    agency: UUID
    purpose: Purpose
    channel: Channel


@dataclass(frozen=True, slots=True)
class Reply:
    """Ledger 3, too: what somebody texted back, once it was acknowledged."""

    at: float
    ref: str
    """The provider's id of it."""
    meaning: Literal["stop", "start", "reply"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a surface showed of an alert."""

    at: float
    surface: Literal["api", "metrics"]
    alert: UUID
    version: int
    deliveries: int
    states: Mapping[State, int]
    final: bool = False
    """Whether it was taken when all was settled, and the surface had two seconds to follow."""


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that was there from `began` to `ended`."""

    kind: str
    began: float
    ended: float
    what: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    slows_hand_over: bool = False
    """Whether bytes that a worker had written before may reach the provider only at its end."""
    disturbs: bool = True
    """Whether deliveries of others than those it is about may wait for it."""
    domain: str | None = None
    """The only destination that it is about."""
    loses: str | None = None
    """The topic whose records it deleted."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Something personal where it may not be."""

    where: str
    """A topic, a log, the metrics of a service, an error body."""
    what: Literal["name", "address", "text", "secret"]
    excerpt: str
    """Some bytes around it, the thing itself blotted out."""


@dataclass(frozen=True, slots=True)
class Crash:
    """A service that ended by an error of its own: nothing that is away may do that."""

    service: str
    says: str
    """The line of its log that tells."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A row of `alert`."""

    id: UUID
    agency: UUID
    purpose: Purpose
    severity: Severity
    lane: str
    version: int
    state: str
    open: bool
    frozen_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the ledger."""

    id: UUID
    alert: UUID
    version: int
    member: UUID
    contact: UUID
    channel: Channel
    state: State
    work: Work
    fence: int
    attempts: int
    ambiguous: int
    reason: str | None
    wave: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """One committed change of a delivery row, as the flight recorder's trigger saw it; None before: it was born."""

    at: float
    delivery: UUID
    before: tuple[State, Work, int] | None
    """State, work and fence."""
    after: tuple[State, Work, int]
    began: float | None = None
    """When its transaction began, which is its statement's `now()`."""

    @property
    def read_at(self) -> float:
        """What its statement took for the time, as far as that is known."""
        return self.at if self.began is None else self.began

    @property
    def claims(self) -> bool:
        """Whether it is a claim."""
        return self.after[1] == "claimed" and (self.before is None or self.before[1:] != self.after[1:])


@dataclass(frozen=True, slots=True)
class Fact:
    """A merged receipt: a row of the timeline."""

    delivery: UUID
    fence: int
    kind: ReceiptKind
    state: State
    reason: str | None
    provider: str | None
    status: str | None
    due_at: float | None
    occurred_at: float
    order: tuple[int, int]
    """(xid, ordinal)."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A row of `consent`."""

    member: UUID
    agency: UUID
    purpose: Purpose
    channel: Channel
    valid_from: float
    valid_until: float | None


@dataclass(frozen=True, slots=True)
class Contact:
    """A row of `contact_point`."""

    id: UUID
    member: UUID
    channel: Channel
    address: str
    confirmed_at: float | None
    valid_from: float
    valid_until: float | None


@dataclass(frozen=True, slots=True)
class Suppression:
    """A row of `suppression`."""

    channel: Channel
    address: str
    kind: Literal["hard", "soft"]
    scope: Literal["all", "routine"]
    created_at: float
    lifted_at: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """A row of `fan_out`: one channel of a step of an alert's plan; every alert has the first."""

    alert: UUID
    version: int
    wave: int
    channel: Channel
    not_before: float
    stops_at: int | None
    """By `state_rank`: whoever got a message that came so far is left out."""


@dataclass(frozen=True, slots=True)
class Dump:
    """The database when all was settled, or when patience ended."""

    at: float
    alerts: Mapping[UUID, Alert]
    deliveries: Mapping[UUID, Delivery]
    moves: Mapping[UUID, Sequence[Move]]
    """By delivery, in order."""
    facts: Mapping[UUID, Sequence[Fact]]
    """By delivery, in order."""
    consents: Sequence[Consent]
    contacts: Mapping[UUID, Contact]
    suppressions: Sequence[Suppression] = ()
    left: Mapping[str, int] = field(default_factory=dict)
    """What is still to be done: rows of `outbox`, `due`, open fan-outs, unsettled chunks, dead letters; by name."""
    reached_versions: frozenset[tuple[UUID, int]] = frozenset()
    """Versions that went to whom earlier ones had reached; the others went to the whole audience."""
    segments_per_s: Mapping[UUID, int] = field(default_factory=dict)
    """What each agency's sender of texts may send."""
    inbound: Mapping[str, str] = field(default_factory=dict)
    """What each text that came in was taken for, by the provider's id of it."""
    steps: Sequence[Step] = ()
    households: Mapping[UUID, UUID] = field(default_factory=dict)
    """By member."""
    calls_per_s: Mapping[UUID, int] = field(default_factory=dict)
    """What each agency's caller may begin."""


@dataclass(frozen=True, slots=True)
class History:
    """A whole run."""

    dump: Dump
    answers: Sequence[Answer] = ()
    accepts: Sequence[Accept] = ()
    calls: Sequence[Call] = ()
    callbacks: Sequence[Callback] = ()
    withdrawals: Sequence[Withdrawal] = ()
    replies: Sequence[Reply] = ()
    snapshots: Sequence[Snapshot] = ()
    faults: Sequence[Injected] = ()
    leaks: Sequence[Leak] = ()
    crashes: Sequence[Crash] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise that was broken."""

    invariant: str
    """I1 to I10."""
    rule: str
    """Two or three words, the same for all findings of a kind: `not settled`, `accepted twice`."""
    about: str
    """A delivery, an alert, a log."""
    says: str
    timeline: Sequence[str] = ()
    """What is known of the delivery, in order of time."""
    at: float | None = None
    """When it showed; None where it has no moment."""
    more: int = 0
    """How many of its rule are left out; such a finding stands for them and is none itself."""
