"""Writes down what the database holds at one moment, as CSV, and reads it again."""

import csv
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Final, Literal, TypeVar, cast
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.faults.history import (
    Alert,
    Consent,
    Contact,
    Delivery,
    Dump,
    Fact,
    Move,
    Step,
    Suppression,
    Work,
)
from tocsin_schemas.topics import DEAD_LETTERS
from tocsin_schemas.words import Channel, Purpose, ReceiptKind, Severity, State
from tocsin_store.pool import Connection, Pool

T = TypeVar("T")
Fields = list[str]

_PATIENCE: Final = timedelta(minutes=5)
_ABOUT: Final = "about.json"

_QUERIES: Final[Mapping[str, str]] = {
    "alerts": """
        SELECT id, agency_id, purpose, severity, lane, version, state, open, extract(epoch FROM frozen_at),
               extract(epoch FROM expires_at) FROM alert ORDER BY id""",
    "deliveries": """
        SELECT id, alert_id, alert_version, member_id, contact_point_id, channel, state, work, fence, attempts,
               ambiguous, reason, wave FROM delivery ORDER BY id""",
    "moves": """
        SELECT delivery, extract(epoch FROM at), old_state, old_work, old_fence, new_state, new_work, new_fence,
               extract(epoch FROM began)
        FROM   faults.move ORDER BY delivery, at, new_fence""",
    "facts": """
        SELECT delivery_id, fence, kind, state, reason, provider, provider_status, extract(epoch FROM due_at),
               extract(epoch FROM occurred_at), xid, ordinal
        FROM   receipt ORDER BY delivery_id, xid, ordinal""",
    "consents": """
        SELECT member_id, agency_id, purpose, channel, extract(epoch FROM valid_from), extract(epoch FROM valid_until)
        FROM   consent""",
    "contacts": """
        SELECT id, member_id, channel, address, extract(epoch FROM confirmed_at), extract(epoch FROM valid_from),
               extract(epoch FROM valid_until) FROM contact_point""",
    "suppressions": """
        SELECT channel, address, kind, scope, extract(epoch FROM created_at), extract(epoch FROM lifted_at)
        FROM   suppression""",
    "paces": "SELECT id, sms_segments_per_s, calls_per_s FROM agency",
    "steps": """
        SELECT alert_id, version, wave, channel, extract(epoch FROM not_before), stops_at FROM fan_out
        WHERE  part = 0 ORDER BY alert_id, version, wave, channel""",
    "households": "SELECT id, household_id FROM member",
    "inbound": "SELECT ref, meaning FROM inbound",
    "reached_versions": "SELECT alert_id, version FROM alert_content WHERE body ->> 'to' = 'reached'",
}

_LEFT: Final = """
SELECT (SELECT count(*) FROM outbox)                              AS outbox,
       (SELECT count(*) FROM due)                                 AS due,
       (SELECT count(*) FROM fan_out WHERE done_at IS NULL)       AS fan_outs,
       (SELECT count(*) FROM chunk WHERE settled_at IS NULL)      AS chunks,
       (SELECT count(*) FROM receipt_unmatched)                   AS receipts_unmatched,
       (SELECT count(*) FROM notice WHERE taken_at IS NULL)       AS notices,
       (SELECT count(*) FROM callback c JOIN provider_message USING (provider, ref)
        WHERE  c.delivery_id IS NULL)                             AS callbacks
"""


async def dump(pool: Pool, folder: Path, *, kafka: str) -> None:
    """Write every table that a check reads, all in one snapshot, and count what is still to be done."""
    target = folder / "dump"
    target.mkdir(exist_ok=True)
    at, letters = time.time(), await _dead_letters(kafka)
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        row = await connection.fetchrow(_LEFT)
        if row is None:
            raise LookupError("a count answers with one row")
        for name, query in _QUERIES.items():
            await _copy(connection, query, target / f"{name}.csv")
    left = {name: count for name, count in {**row, "dead_letters": letters}.items() if count}
    (target / _ABOUT).write_text(json.dumps({"at": at, "left": left}))


def read_dump(folder: Path) -> Dump:
    """Read what `dump` wrote below a run's folder."""
    source = folder / "dump"
    about = json.loads((source / _ABOUT).read_text())
    return Dump(
        at=about["at"],
        left=about["left"],
        alerts={one.id: one for one in _rows(source / "alerts.csv", _alert)},
        deliveries={one.id: one for one in _rows(source / "deliveries.csv", _delivery)},
        moves=_by_delivery(_rows(source / "moves.csv", _move)),
        facts=_by_delivery(_rows(source / "facts.csv", _fact)),
        consents=list(_rows(source / "consents.csv", _consent)),
        contacts={one.id: one for one in _rows(source / "contacts.csv", _contact)},
        suppressions=list(_rows(source / "suppressions.csv", _suppression)),
        segments_per_s={agency: segments for agency, segments, _ in _rows(source / "paces.csv", _pace)},
        calls_per_s={agency: calls for agency, _, calls in _rows(source / "paces.csv", _pace)},
        steps=list(_rows(source / "steps.csv", _step)),
        households=dict(_rows(source / "households.csv", _household)),
        inbound=dict(_rows(source / "inbound.csv", _inbound)),
        reached_versions=frozenset(_rows(source / "reached_versions.csv", _version)),
    )


async def _copy(connection: Connection, query: str, path: Path) -> None:
    await connection.copy_from_query(
        query, output=path, format="csv", header=True, timeout=_PATIENCE.total_seconds()
    )


async def _dead_letters(kafka: str) -> int:
    """How many records were put aside."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(DEAD_LETTERS.name, number) for number in range(DEAD_LETTERS.partitions)]
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        return sum(ends[one] - first[one] for one in partitions)
    finally:
        await consumer.stop()


def _rows(path: Path, read: Callable[[Fields], T]) -> Iterator[T]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        yield from map(read, rows)


M = TypeVar("M", Move, Fact)


def _by_delivery(rows: Iterable[M]) -> dict[UUID, list[M]]:
    return {delivery: list(group) for delivery, group in groupby(rows, key=lambda one: one.delivery)}


def _moment(text: str) -> float | None:
    return float(text) if text else None


def _alert(row: Fields) -> Alert:
    id_, agency, purpose, severity, lane, version, state, is_open, frozen, expires = row
    return Alert(
        UUID(id_),
        UUID(agency),
        Purpose(purpose),
        Severity(severity),
        lane,
        int(version),
        state,
        is_open == "t",
        float(frozen),
        float(expires),
    )


def _delivery(row: Fields) -> Delivery:
    id_, alert, version, member, contact, channel, state, work, fence, attempts, ambiguous, reason, wave = row
    return Delivery(
        UUID(id_),
        UUID(alert),
        int(version),
        UUID(member),
        UUID(contact),
        Channel(channel),
        State(state),
        cast("Work", work),
        int(fence),
        int(attempts),
        int(ambiguous),
        reason or None,
        int(wave),
    )


def _move(row: Fields) -> Move:
    delivery, at, old_state, old_work, old_fence, state, work, fence, began = row
    before = (State(old_state), cast("Work", old_work), int(old_fence)) if old_state else None
    after = State(state), cast("Work", work), int(fence)
    return Move(float(at), UUID(delivery), before, after, float(began))


def _fact(row: Fields) -> Fact:
    delivery, fence, kind, state, reason, provider, status, due_at, occurred_at, xid, ordinal = row
    return Fact(
        UUID(delivery),
        int(fence),
        ReceiptKind(kind),
        State(state),
        reason or None,
        provider or None,
        status or None,
        _moment(due_at),
        float(occurred_at),
        (int(xid), int(ordinal)),
    )


def _consent(row: Fields) -> Consent:
    member, agency, purpose, channel, begins, ends = row
    return Consent(
        UUID(member), UUID(agency), Purpose(purpose), Channel(channel), float(begins), _moment(ends)
    )


def _contact(row: Fields) -> Contact:
    id_, member, channel, address, confirmed, begins, ends = row
    return Contact(
        UUID(id_),
        UUID(member),
        Channel(channel),
        address,
        _moment(confirmed),
        float(begins),
        _moment(ends),
    )


def _suppression(row: Fields) -> Suppression:
    channel, address, kind, scope, created, lifted = row
    hardness = cast("Literal['hard', 'soft']", kind)
    return Suppression(
        Channel(channel),
        address,
        hardness,
        cast("Literal['all', 'routine']", scope),
        float(created),
        _moment(lifted),
    )


def _pace(row: Fields) -> tuple[UUID, int, int]:
    agency, segments, calls = row
    return UUID(agency), int(segments), int(calls)


def _step(row: Fields) -> Step:
    alert, version, wave, channel, not_before, stops_at = row
    rank = int(stops_at) if stops_at else None
    return Step(UUID(alert), int(version), int(wave), Channel(channel), float(not_before), rank)


def _household(row: Fields) -> tuple[UUID, UUID]:
    member, household = row
    return UUID(member), UUID(household)


def _inbound(row: Fields) -> tuple[str, str]:
    ref, meaning = row
    return ref, meaning


def _version(row: Fields) -> tuple[UUID, int]:
    alert, version = row
    return UUID(alert), int(version)
