"""What the stack runs beside Kafka and PostgreSQL, as data."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tocsin_local.errors import LocalError
from tocsin_local.layout import Layout
from tocsin_local.ports import KAFKA, POSTGRES, REPLICAS

SANDBOX_PAGE, SANDBOX_SMTP = 1, 2
BOUNCES, MAIL_DOOR_HEALTH = 9, 19
SMS_WORKER, VOICE_WORKER = 20, 21
TEXT_PRICES = '{"GB": "0.0463"}'
UNPACED = '{"segments_per_s": null}'  # agencies have a pace of their own
UNPACED_CALLS = '{"calls_per_s": null}'


@dataclass(frozen=True)
class Service:
    """A program that answers GET /ready on the first of its ports."""

    name: str
    command: tuple[str, ...]  # the first word is a console script of this environment, or an absolute path
    ports: Mapping[str, int]  # variable that tells the program its port → offset from the base port
    title: str = ""  # of the page at its first port, if there is one for people
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A command that runs once at each start, after a server answers and before any service."""

    name: str
    command: tuple[str, ...]
    after: str  # postgres or kafka


SERVICES = (
    Service("alert-api", ("alert-api",), {"TOCSIN_HTTP_PORT": 0}, title="API"),
    Service(
        "tocsin-sandbox",
        ("tocsin-sandbox",),
        {"TOCSIN_SANDBOX_HTTP_PORT": SANDBOX_PAGE, "TOCSIN_SANDBOX_SMTP_PORT": SANDBOX_SMTP},
        title="sandbox",
    ),
    Service("dispatcher", ("dispatcher",), {"TOCSIN_HEALTH_PORT": 6}),
    Service("email-worker", ("email-worker",), {"TOCSIN_HEALTH_PORT": 7}),
    Service("sms-worker", ("sms-worker",), {"TOCSIN_HEALTH_PORT": SMS_WORKER}),
    Service("voice-worker", ("voice-worker",), {"TOCSIN_HEALTH_PORT": VOICE_WORKER}),
    Service("receipts-worker", ("receipts-worker",), {"TOCSIN_HEALTH_PORT": 8}),
    Service(
        "mail-door", ("mail-door",), {"TOCSIN_HEALTH_PORT": MAIL_DOOR_HEALTH, "TOCSIN_MAIL_PORT": BOUNCES}
    ),
)
STEPS = (
    Step("migrate", ("tocsin", "migrate"), after="postgres"),
    Step("topics", ("tocsin", "topics", "apply"), after="kafka"),
)


def with_replicas(services: tuple[Service, ...], replicas: Mapping[str, int]) -> tuple[Service, ...]:
    """Repeat services: the second of NAME is NAME-2, with ports of its own, from base + 10 upward.

    Raises:
        LocalError: A name that is no service, or more replicas than ports.
    """
    unknown = sorted(set(replicas) - {service.name for service in services})
    if unknown:
        known = ", ".join(service.name for service in services)
        raise LocalError(f"There is no service {unknown[0]} to replicate: choose among {known}.")
    offsets = iter(REPLICAS)
    extra = [
        _replica(service, number, offsets)
        for service in services
        for number in range(2, replicas.get(service.name, 1) + 1)
    ]
    return (*services, *extra)


def _replica(service: Service, number: int, offsets: Iterator[int]) -> Service:
    try:
        ports = {variable: next(offsets) for variable in service.ports}
    except StopIteration:  # inside a comprehension next() would end it silently otherwise
        raise LocalError(f"Too many replicas: one stack has {len(REPLICAS)} ports for them.") from None
    return replace(service, name=f"{service.name}-{number}", ports=ports)


def shared_environment(layout: Layout, *, base_port: int) -> Mapping[str, str]:
    """Say where everything is, as every service is told."""
    public = f"http://127.0.0.1:{base_port}"
    return {
        "TOCSIN_ENVIRONMENT": "local",
        "TOCSIN_SECRETS_DIR": str(layout.secrets),
        "TOCSIN_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{base_port + KAFKA}",
        "TOCSIN_TOPIC_REPLICATION": "1",
        "TOCSIN_PUBLIC_URL": public,
        "TOCSIN_SMTP_HOST": "127.0.0.1",
        "TOCSIN_SMTP_PORT": str(base_port + SANDBOX_SMTP),
        "TOCSIN_SMTP_TLS": "none",
        "TOCSIN_BOUNCE_DOMAIN": "bounces.tocsin.invalid",
        "TOCSIN_SANDBOX_DATA_DIR": str(layout.sandbox),
        "TOCSIN_SMS_PRICES": TEXT_PRICES,
        "TOCSIN_SANDBOX_BOUNCE_PORT": str(base_port + BOUNCES),
        "TOCSIN_SANDBOX_SECRETS_DIR": str(layout.secrets),
        "TOCSIN_SANDBOX_TWILIO": UNPACED,
        "TOCSIN_SANDBOX_TWILIO_CALLS": UNPACED_CALLS,
        "TOCSIN_SANDBOX_TWILIO_INBOUND_URL": f"{public}/callbacks/twilio/messages",
        "TOCSIN_SANDBOX_NOTIFY_CALLBACK_URL": f"{public}/callbacks/notify/status",
        "TOCSIN_SANDBOX_NOTIFY_INBOUND_URL": f"{public}/callbacks/notify/messages",
        "PYTHONUNBUFFERED": "1",
    }


def executable(word: str) -> str:
    """Find a console script beside the running Python.

    Raises:
        LocalError: It is not installed.
    """
    path = Path(sys.executable).parent / word  # an absolute word stays itself
    if not path.exists():
        raise LocalError(f"The command {word} is not installed in {path.parent}: run `make install`.")
    return str(path)


def port_purposes(services: tuple[Service, ...], *, base_port: int) -> Mapping[int, str]:
    """Say what each port of a stack is for."""
    servers = {KAFKA: "Kafka", KAFKA + 1: "Kafka controller", POSTGRES: "PostgreSQL"}
    offsets = servers | {offset: service.name for service in services for offset in service.ports.values()}
    return {base_port + offset: purpose for offset, purpose in sorted(offsets.items())}
