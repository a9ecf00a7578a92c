"""When something needs an operator. Each rule says what is wrong; docs/operations.md says what to do."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tocsin_cli.ledger_report import OLD, Report
from tocsin_cli.moments import lasting
from tocsin_schemas.words import Lane
from tocsin_store.operations import Backlog
from tocsin_store.pauses import WHOLE_CHANNEL

OUTBOX_OLD: Final = timedelta(seconds=30)
HEARTBEAT_OLD: Final = timedelta(seconds=15)


def needs(report: Report) -> list[str]:
    """Everything that needs an operator; empty where all is well."""
    return [*_ledger(report), *_workers(report), *_log(report)]


def _ledger(report: Report) -> Iterator[str]:
    if report.outbox.oldest > OUTBOX_OLD:
        yield f"the outbox is not relayed ({lasting(report.outbox.oldest)}): Kafka, or alert-api"
    if report.unfinished.not_begun:
        yield f"nobody begins {report.unfinished.not_begun} fan-outs: the dispatcher"
    for lane in report.backlogs:
        yield from _lane(lane)
    for hold in report.holds:
        if hold.route == WHOLE_CHANNEL and hold.age > OLD:
            yield f"{hold.channel} is on hold for {lasting(hold.age)}: {hold.reason}"


def _lane(lane: Backlog) -> Iterator[str]:
    name = f"{lane.channel} {lane.lane}"
    if lane.due_since > OLD:
        yield f"{name}: what is due is not put on the log ({lasting(lane.due_since)}): the dispatcher"
    # Routine chunks wait in the ledger by design, while as many are on the log as a window holds.
    if lane.waiting_since > OLD and (lane.lane is Lane.URGENT or not lane.on_log):
        yield f"{name}: chunks are not put on the log ({lasting(lane.waiting_since)}): the dispatcher, or the workers"


def _workers(report: Report) -> Iterator[str]:
    alive = {crew.worker for crew in report.crews if crew.live}
    for channel in {lane.channel for lane in report.backlogs if lane.waiting or lane.on_log or lane.due_now}:
        if f"{channel}-worker" not in alive:
            yield f"no {channel}-worker is alive, and deliveries wait for one"
    for crew in report.crews:
        if crew.live and crew.heartbeat > HEARTBEAT_OLD:
            yield f"{crew.worker}: one is silent for {lasting(crew.heartbeat)}, and nobody notices: the dispatcher"
        if crew.dead and crew.dead_for > OLD:
            late = lasting(crew.dead_for)
            yield f"what a dead {crew.worker} held is not recovered after {late}: the merge, or the dispatcher"
    if report.old_claims:
        yield f"{report.old_claims} deliveries are claimed for over a minute: a worker that hangs, or the dispatcher"


def _log(report: Report) -> Iterator[str]:
    if report.log is None:
        yield "Kafka does not answer"
        return
    if report.log.late:
        yield f"{report.log.late} receipts wait for the merge for more than a minute: receipts-worker"
    if report.log.letters_waiting:
        yield f"{report.log.letters_waiting} dead letters of the last day were not replayed: `tocsin dead-letters list`"
