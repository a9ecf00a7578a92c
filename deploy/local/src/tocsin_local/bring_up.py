"""Bring a stack up: Kafka and PostgreSQL side by side, what must follow each, then every service at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial

from tocsin_local import kafka
from tocsin_local.accounts import unprivileged
from tocsin_local.errors import Cancelled
from tocsin_local.ground import Ground, shown
from tocsin_local.homes import postgres_home
from tocsin_local.jars import class_path, locked_jars, user_repository
from tocsin_local.launcher import Program
from tocsin_local.ports import KAFKA, KAFKA_CONTROLLER, POSTGRES
from tocsin_local.postgres import Place, installed_binaries, reachable_binaries
from tocsin_local.probes import http_ready, kafka_answers, postgres_answers
from tocsin_local.secret_files import postgres_password
from tocsin_local.services import Service, Step, executable


@dataclass(frozen=True)
class Plan:
    """What a stack runs beside its two servers, and what it tells these programs."""

    services: tuple[Service, ...]
    steps: tuple[Step, ...]
    environment: Mapping[str, str]
    kafka_advertised_port: int | None = None
    """Where Kafka sends its clients; None: where it listens."""


def bring_up(ground: Ground, *, plan: Plan) -> None:
    """Start everything; return when the servers answer, the steps are done and the services began.

    Raises:
        LocalError: Something cannot start; what began is still running.
        Cancelled: The stack is ended; likewise.
    """
    with ThreadPoolExecutor(2) as pool:
        chains = [pool.submit(_in_turn, turns, ground) for turns in _chains(plan)]
        _join(chains, ground=ground)
    for service in plan.services:
        _keep_service(service, ground=ground, plan=plan)


def _chains(plan: Plan) -> tuple[list[Callable[[Ground], None]], list[Callable[[Ground], None]]]:
    after_kafka = [partial(_run_step, step, plan=plan) for step in plan.steps if step.after == "kafka"]
    after_postgres = [partial(_run_step, step, plan=plan) for step in plan.steps if step.after == "postgres"]
    return [partial(_keep_kafka, plan=plan), *after_kafka], [_keep_postgres, *after_postgres]


def _in_turn(turns: list[Callable[[Ground], None]], ground: Ground) -> None:
    for turn in turns:
        if ground.ending.is_set():
            raise Cancelled
        turn(ground)


def _join(chains: list[Future[None]], *, ground: Ground) -> None:
    """Wait for both; the first that fails ends the other."""
    try:
        for chain in as_completed(chains):
            chain.result()
    except BaseException:
        ground.ending.set()
        raise


def _keep_kafka(ground: Ground, *, plan: Plan) -> None:
    note, ending = ground.journal.note, ground.ending
    jars = class_path(user_repository(), jars=locked_jars(), progress=note, cancelled=ending.is_set)
    folder = ground.layout.kafka
    port, controller_port = ground.base_port + KAFKA, ground.base_port + KAFKA_CONTROLLER
    kafka.write_settings(
        folder, port=port, controller_port=controller_port, advertised_port=plan.kafka_advertised_port
    )
    if not kafka.formatted(folder):
        ground.run_once(kafka.format_program(folder, class_path=jars))
    program = kafka.kafka_program(folder, class_path=jars)
    ground.keep_server(
        program, ready=partial(kafka_answers, port), state=shown("kafka", (port, controller_port))
    )


def _keep_postgres(ground: Ground) -> None:
    place = _postgres_place(ground)
    port = ground.base_port + POSTGRES
    password = postgres_password(ground.layout.secrets)
    if not place.initialised():
        with place.initdb_program(password) as program:
            ground.run_once(program)
    server = place.program(port=port)
    ground.keep_server(server, ready=partial(postgres_answers, port), state=shown("postgres", (port,)))
    if not place.has_database():
        ground.run_once(place.createdb_program(port=port, password=password))
        place.record_database()


def _postgres_place(ground: Ground) -> Place:
    account = unprivileged()
    home = postgres_home(ground.layout, account=account, recorded=ground.journal.state.postgres_home)
    ground.journal.postgres_lives_at(home)
    return Place(home, reachable_binaries(installed_binaries(), home=home, account=account), account)


def _run_step(step: Step, ground: Ground, *, plan: Plan) -> None:
    command = (executable(step.command[0]), *step.command[1:])
    ground.run_once(Program(step.name, command, plan.environment, ground.layout.root))


def _keep_service(service: Service, *, ground: Ground, plan: Plan) -> None:
    ports = {variable: ground.base_port + offset for variable, offset in service.ports.items()}
    told = {variable: str(port) for variable, port in ports.items()}
    program = Program(
        service.name,
        (executable(service.command[0]), *service.command[1:]),
        {**plan.environment, **told, **service.environment},
        ground.layout.root,
    )
    own = tuple(ports.values())
    state = shown(service.name, own, http=True, title=service.title)
    ground.keep(program, ready=partial(http_ready, own[0]), state=state)
