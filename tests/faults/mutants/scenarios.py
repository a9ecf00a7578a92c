"""Load and faults under which seeded bugs show; as few as will do, for each run costs a stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tests.faults.fault import What
from tests.faults.load.means import Profile
from tests.faults.schedule import Planned
from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.phones.behaviour import Span
from tocsin_sandbox.phones.callee import Callee
from tocsin_schemas.words import Channel


@dataclass(frozen=True, slots=True)
class Scenario:
    """A short run."""

    name: str
    seconds: float
    """Of load. Faults end with it, then everything has time to settle."""
    only: tuple[str, ...] = ()
    """Kinds that are drawn; none of them: only the plan."""
    every: float = 0.0
    """Mean seconds between two drawn ones."""
    plan: tuple[Planned, ...] = ()
    replicas: int = 2
    """Of every service of ours."""
    profile: Profile = field(default_factory=Profile)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Settings of the services."""


_QUICK: Final = (7, 0, 3)
"""No severe alerts: one that is refused waits for half a minute."""
_WRITTEN: Final = Profile(
    channels=(Channel.EMAIL, Channel.SMS), severities=_QUICK, plans=0.0, longest=1_200.0
)
"""Nobody is called, nothing climbs."""
_NARROW: Final = {"TOCSIN_SMTP_CONNECTIONS": "4"}
"""Few connections: with a relay that takes its time much is claimed and waits for one."""
_NAMES: Final = ("receipts-worker", "email-worker", "sms-worker", "dispatcher", "mail-door")
_EXTREME: Final = (1, 0, 0)
"""Who is refused is tried again soon, and nobody waits for the morning."""
_LISTENS: Final = CallsBehaviour(
    speed=4, calls_per_s=None, callee=Callee(answers_after_s=Span(least=0.5, most=3))
)
"""Half of them press a key in the end; a call takes some seconds."""
_URGENT: Final[What] = {"topic": "deliveries.email.urgent"}


def _killed(*names: str, first: float) -> tuple[Planned, ...]:
    """One after the other, two seconds apart."""
    return tuple(
        Planned(first + 2.0 * number, "kill", {"service": name}) for number, name in enumerate(names)
    )


def _dead(name: str, *, at: float) -> tuple[Planned, ...]:
    """Stopped for so long that its session is dead, and killed soon after it goes on."""
    return (
        Planned(at, "stop", {"service": name, "seconds": 13.0}),
        Planned(at + 15.0, "kill", {"service": name}),
    )


def _relay(kind: str, *, at: float, seconds: float, does: What) -> Planned:
    """The relay does something else for a time; the rule is found again by its tag."""
    return Planned(at, kind, {"seconds": seconds, "tag": f"Rule of second {at:.0f}", **does})


def _refuses(at: float) -> Planned:
    does: What = {"type": "reply", "phase": "rcpt", "code": 451, "enhanced": "4.7.1", "share": 0.5}
    return _relay("smtp-refuse", at=at, seconds=5.0, does=does)


def _drops(kind: str, *, at: float, seconds: float) -> Planned:
    type_ = kind.removeprefix("smtp-").replace("-", "_")
    return _relay(kind, at=at, seconds=seconds, does={"type": type_, "phase": "body", "share": 0.3})


def _carrier(kind: str, *, at: float, seconds: float, does: What) -> Planned:
    """Twilio does something else for a time."""
    tag = f"Rule of second {at:.0f}"
    return Planned(at, f"twilio-{kind}", {"provider": "twilio", "seconds": seconds, "tag": tag, **does})


def _texts(type_: str, *, phase: str = "create", **does: str | float) -> What:
    return {"type": type_, "phase": phase, **does}


def _throttles(at: float) -> Planned:
    does = _texts("reply", status=429, code=20429, share=0.5)
    return _carrier("refuse", at=at, seconds=5.0, does=does)


def _is_late(phase: str, *, at: float, seconds: float, delay: float) -> Planned:
    does: What = {"type": "delay", "phase": phase, "delay": delay, "share": 1.0}
    return _relay("smtp-late", at=at, seconds=seconds, does=does)


_ALL: Final = (
    Scenario(
        "orderly",
        seconds=30.0,
        only=("hints-duplicated", "receipts-duplicated"),
        every=3.0,
        profile=replace(
            _WRITTEN,
            post_every=1.0,
            changes=0.3,
            leaves=0.03,
            bounces=0.2,
            answers=0.1,
            too_long=0.1,
        ),
    ),
    Scenario(
        "refusals",
        seconds=38.0,
        plan=(  # a severe alert is tried again after 24 to 36 seconds: refused once more it would not settle in time
            _refuses(2.0),
            _drops("smtp-drop-after-accept", at=4.0, seconds=7.0),
            _is_late("mail", at=12.0, seconds=6.0, delay=0.6),
            _refuses(12.5),
            _drops("smtp-drop-before-accept", at=19.0, seconds=4.0),
            _drops("smtp-drop-after-accept", at=24.0, seconds=7.0),
        ),
        profile=replace(_WRITTEN, post_every=1.0, changes=0.6, leaves=0.05),
    ),
    Scenario(
        "backlog",
        seconds=35.0,
        only=("rows-held", "hints-duplicated"),
        every=1.0,
        plan=(
            _is_late("body", at=1.0, seconds=33.0, delay=0.2),
            Planned(8.0, "records-lost", _URGENT),
            Planned(14.0, "kill", {"service": "email-worker"}),
            Planned(20.0, "records-lost", _URGENT),
            Planned(26.0, "kill", {"service": "email-worker-2"}),
        ),
        profile=replace(_WRITTEN, post_every=1.5, changes=0.6, leaves=0.05),
        environment=_NARROW,
    ),
    Scenario(
        "kafka-away",
        seconds=40.0,
        plan=(
            _is_late("body", at=1.0, seconds=37.0, delay=0.3),  # much is in hand when Kafka goes away
            Planned(4.0, "kafka-restart", {"seconds": 7.0}),
            Planned(18.0, "kafka-kill", {}),
            Planned(27.0, "kafka-restart", {"seconds": 7.0}),
        ),
        profile=replace(_WRITTEN, post_every=1.0, changes=0.5, bounces=0.2),
    ),
    Scenario(
        "postgres-away",
        seconds=36.0,
        plan=tuple(
            strike
            for at in (3.0, 11.0, 19.0, 27.0)
            for strike in (
                Planned(at, "answers-lost", {"target": "postgres", "seconds": 1.5}),
                Planned(at + 4.0, "postgres-kill", {}),
            )
        ),
        profile=replace(_WRITTEN, post_every=0.5, changes=0.4, leaves=0.03, bounces=0.2),
    ),
    Scenario(
        "kills",
        seconds=40.0,
        plan=(
            *_killed(*_NAMES, first=4.0),
            *_killed(*(f"{name}-2" for name in _NAMES), first=15.0),
            *_killed(*_NAMES, first=26.0),
        ),
        profile=replace(_WRITTEN, post_every=0.7, bounces=0.1),
    ),
    Scenario(
        "texts",  # what is ambiguous is looked up after half a minute: some of that is told, some is not
        seconds=48.0,
        plan=(
            _carrier("reports-lost", at=0.5, seconds=20.0, does=_texts("lose", phase="callback", share=0.7)),
            _carrier("drop-after-accept", at=1.0, seconds=5.0, does=_texts("drop_after_accept", share=0.5)),
            _carrier(
                "undelivered",
                at=7.0,
                seconds=5.0,
                does=_texts("end", phase="deliver", end="undelivered", code=30008, share=0.4),
            ),
            _carrier(
                "error-after-accept",
                at=13.0,
                seconds=5.0,
                does=_texts("reply_after_accept", status=500, code=20500, share=0.5),
            ),
            _carrier(
                "blind", at=30.0, seconds=7.0, does=_texts("reply", phase="list", status=500, code=20500)
            ),
        ),
        profile=replace(
            _WRITTEN, severities=(6, 1, 3), post_every=1.0, changes=0.2, bounces=0.1, late=0.5, longest=60.0
        ),
    ),
    Scenario(
        "texts-paced",
        seconds=30.0,
        profile=replace(_WRITTEN, members=80, post_every=2.0, changes=0.0, segments_per_s=20),
    ),
    Scenario(
        "calls",  # slow, so that the next alert is about while somebody still listens to the last one
        seconds=36.0,
        profile=Profile(
            channels=(Channel.VOICE,),
            members=36,
            severities=_EXTREME,
            post_every=4.5,
            changes=0.0,
            bounces=0.8,
            calls_per_s=3,
            plans=0.0,
            longest=45.0,
        ),
        environment={"TOCSIN_SANDBOX_TWILIO_CALLS": _LISTENS.model_dump_json(exclude_unset=True)},
    ),
    Scenario(
        "plans",  # much is silent, and what arrives late is told while the merge stands still, or between two attempts
        seconds=36.0,
        plan=(
            _carrier("reports-lost", at=0.5, seconds=35.0, does=_texts("lose", phase="callback", share=0.8)),
            *(_throttles(at) for at in (1.0, 9.0, 23.0)),
            *(_refuses(at) for at in (4.0, 9.5, 15.0, 20.5, 26.0)),
            Planned(18.0, "stop", {"service": "receipts-worker", "seconds": 8.0}),
        ),
        replicas=1,
        profile=replace(
            _WRITTEN,
            members=40,
            severities=_EXTREME,
            post_every=2.0,
            plans=0.9,
            waits=(6, 14),
            changes=0.0,
            bounces=0.6,
            longest=45.0,
        ),
    ),
    Scenario(
        "deaths",
        seconds=40.0,
        plan=(
            # Much is in hand when a worker is stopped or killed; when its session dies others are free for what it held.
            _is_late("body", at=1.0, seconds=4.5, delay=0.3),
            _is_late("body", at=17.0, seconds=5.5, delay=0.3),
            _is_late("body", at=33.5, seconds=4.0, delay=0.3),
            *_dead("email-worker", at=4.0),
            *_dead("email-worker-2", at=21.0),
        ),
        profile=replace(_WRITTEN, post_every=1.5),
        environment=_NARROW,
    ),
)

SCENARIOS: Final[Mapping[str, Scenario]] = {scenario.name: scenario for scenario in _ALL}
