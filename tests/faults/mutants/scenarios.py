"""Load and faults under which seeded bugs show; as few as will do, for each run costs a stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault at a moment that was chosen, not drawn."""

    at: float
    """Seconds since the load began."""
    kind: str
    what: Mapping[str, str | int | float | bool]
    """As a kind of that name would have drawn it."""


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
    plan: tuple[Strike, ...] = ()
    replicas: int = 2
    """Of every service of ours."""
    profile: Mapping[str, float | int] = field(default_factory=dict)
    """What of the load's profile is otherwise than its default."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Settings of the services."""


_SLOW_RELAY: Final = {"TOCSIN_SMTP_CONNECTIONS": "2"}
_PAIRS: Final = ("receipts-worker", "email-worker", "dispatcher", "mail-door")


def _each(kind: str, *names: str, first: float, gap: float) -> tuple[Strike, ...]:
    """One after the other."""
    return tuple(
        Strike(first + gap * number, kind, {"service": service}) for number, service in enumerate(names)
    )


def _stopped(service: str, *, at: float) -> tuple[Strike, ...]:
    """Stopped for so long that its session is dead, and killed soon after it goes on."""
    return (
        Strike(at, "stop", {"service": service, "seconds": 13.0}),
        Strike(at + 15.0, "kill", {"service": service}),
    )


_ALL: Final = (
    Scenario(
        "orderly",
        seconds=30.0,
        only=("hints-duplicated", "receipts-duplicated"),
        every=2.0,
        profile={"post_every": 0.7, "changes": 0.3, "leaves": 0.03, "bounces": 0.25},
    ),
    Scenario(
        "refusals",
        seconds=40.0,
        only=("smtp-refuse", "smtp-drop-after-accept", "smtp-drop-before-accept", "smtp-late-answers"),
        every=1.5,
        profile={"post_every": 1.0, "changes": 0.6, "leaves": 0.05},
    ),
    Scenario(
        "backlog",
        seconds=35.0,
        only=("smtp-late-answers", "rows-held"),
        every=1.0,
        plan=(
            Strike(8.0, "records-lost", {"topic": "deliveries.email.urgent"}),
            Strike(14.0, "kill", {"service": "email-worker"}),
            Strike(20.0, "records-lost", {"topic": "deliveries.email.urgent"}),
            Strike(26.0, "kill", {"service": "email-worker-2"}),
        ),
        profile={"post_every": 0.7, "changes": 0.6, "leaves": 0.05},
        environment=_SLOW_RELAY,
    ),
    Scenario(
        "kafka-away",
        seconds=40.0,
        only=("kafka-kill", "kafka-stop"),
        every=7.0,
        profile={"post_every": 0.7, "changes": 0.5, "bounces": 0.25},
    ),
    Scenario(
        "postgres-away",
        seconds=40.0,
        only=("postgres-kill", "postgres-answers-lost"),
        every=4.0,
        profile={"post_every": 0.4, "changes": 0.4, "leaves": 0.03, "bounces": 0.25},
    ),
    Scenario(
        "kills",
        seconds=40.0,
        plan=(
            *_each("kill", *_PAIRS, first=4.0, gap=2.0),
            *_each("kill", *(f"{name}-2" for name in _PAIRS), first=13.0, gap=2.0),
            *_each("kill", *_PAIRS, first=22.0, gap=2.0),
        ),
        profile={"members": 600, "post_every": 0.5, "bounces": 0.1},
    ),
    Scenario(
        "deaths",
        seconds=40.0,
        only=("smtp-late-answers",),
        every=2.0,
        plan=(*_stopped("email-worker", at=4.0), *_stopped("email-worker-2", at=21.0)),
        profile={"post_every": 0.7},
        environment=_SLOW_RELAY,
    ),
)

SCENARIOS: Final[Mapping[str, Scenario]] = {scenario.name: scenario for scenario in _ALL}
