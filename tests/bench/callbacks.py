"""Status callbacks: signed as Twilio signs, each kept durably before its 204; then each of a part fifty times again."""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from rich.console import Console

from tests.bench.cpu import cpu_seconds
from tests.bench.http_client import asked
from tests.bench.rows import Row
from tests.support.callers import PUBLIC, a_sid, signed
from tests.support.eventually import eventually
from tests.support.phones import a_sender
from tests.support.world import BODY, PURPOSE, SQUARE, fanned_out, ids_of
from tocsin_local.services import SERVICES
from tocsin_local.stack import Stack
from tocsin_local.state import url_of
from tocsin_runtime.tokens import sign_callback
from tocsin_schemas.words import Channel, Lane, Severity
from tocsin_store import new_alerts
from tocsin_store.claim import CLAIM_LIMIT, claim
from tocsin_store.new_alerts import NewAlert
from tocsin_store.pool import Pool, open_pool
from tocsin_store.sessions import open_session

_PHONES: Final = 10_000
_STATUSES: Final = ("sent", "delivered")
_FLOODED: Final = 400
_TIMES: Final = 50
_CONNECTIONS: Final = 200
_GOAL: Final = 2_000.0

PHONES: Final = """
WITH m AS (INSERT INTO member (household_id, name, language) SELECT uuidv7(), 'Ada', 'en' FROM generate_series(1, $2)
           RETURNING id), numbered AS (SELECT id, row_number() OVER () AS n FROM m),
     p AS (INSERT INTO place (member_id, kind, location) SELECT id, 'home', '(350050,430050)' FROM m),
     c AS (INSERT INTO contact_point (member_id, channel, address, confirmed_at)
           SELECT id, 'sms', '+447' || lpad(n::text, 9, '0'), now() FROM numbered)
INSERT INTO consent (member_id, agency_id, purpose, channel, evidence) SELECT id, $1, $3, 'sms', '{}' FROM m
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a number of callbacks took."""

    wall: float
    cpu: float
    """Of alert-api, until the last one was answered."""
    relayed_cpu: float
    """The same, until their receipts were on Kafka."""


def measure(*, console: Console) -> list[Row]:
    """Report on 10,000 texts, twice each; then some of it again and again."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        only = tuple(each for each in SERVICES if each.name == "alert-api")
        stack = Stack(Path(folder) / "stack", services=only, extra_environment={"TOCSIN_PUBLIC_URL": PUBLIC})
        with stack:
            stack.wait_ready(timeout=timedelta(seconds=120))
            rows = asyncio.run(_measure_in(stack, console=console))
        stack.delete()
    return rows


async def _measure_in(stack: Stack, *, console: Console) -> list[Row]:
    async with await open_pool(stack.database_url, size=2, application_name="bench") as pool:
        console.print(f"callbacks: {_PHONES} texts handed over")
        ids = await _handed_over(pool)
        calls = list(_calls(stack, ids))
        once = await _spent(stack, pool, calls)
        again = await _spent(stack, pool, calls[:_FLOODED] * _TIMES)
    return [*_rows("callbacks", once, len(calls)), *_rows("callbacks-again", again, _FLOODED * _TIMES)]


def _rows(name: str, spent: Spent, count: int) -> list[Row]:
    rate = count / spent.cpu
    return [
        Row(name, rate, "callbacks/s and core", goal=f"≥ {_GOAL:,.0f}", met=rate >= _GOAL),
        Row(f"{name}-relayed", count / spent.relayed_cpu, "the same, receipts put on Kafka included"),
        Row(f"{name}-wall", count / spent.wall, "callbacks/s beside a client on the same machine"),
    ]


async def _handed_over(pool: Pool) -> list[UUID]:
    agency, _ = await a_sender(pool)
    await pool.execute(PHONES, agency, _PHONES, PURPOSE)
    await pool.execute("ANALYZE member, place, contact_point, consent")
    async with pool.acquire() as conn, conn.transaction():
        alert = await new_alerts.insert(
            conn,
            NewAlert(
                agency_id=agency,
                lane=Lane.ROUTINE,
                severity=Severity.MINOR,
                purpose=PURPOSE,
                expires_at=datetime.now(UTC) + timedelta(hours=6),
                body=BODY,
                shapes=(SQUARE,),
                channels=(Channel.SMS,),
            ),
        )
    await fanned_out(pool)
    session, ids = await open_session(pool, worker="bench"), await ids_of(pool, alert.id)
    for number in range(0, len(ids), CLAIM_LIMIT):
        part = ids[number : number + CLAIM_LIMIT]
        await claim(
            pool, alert_id=alert.id, delivery_ids=part, session=session, token=number + 1, channel=Channel.SMS
        )
    return ids


def _calls(stack: Stack, ids: Sequence[UUID]) -> Iterator[bytes]:
    """Whole requests, as Twilio would send them."""
    secrets = stack.layout.secrets
    key = (secrets / "tocsin_signing_key").read_text().encode()
    account = json.loads((secrets / "tocsin_sms_providers").read_text())[0]
    sids = [a_sid() for _ in ids]
    for status in _STATUSES:
        for delivery, sid in zip(ids, sids, strict=True):
            path = f"/callbacks/twilio/status?r={sign_callback(key, delivery, fence=1)}"
            form = {
                "SmsSid": sid,
                "SmsStatus": status,
                "MessageStatus": status,
                "To": "+447700900001",
                "MessagingServiceSid": "MG" + "0" * 32,
                "MessageSid": sid,
                "AccountSid": account["account_sid"],
                "From": "+447700900000",
                "ApiVersion": "2010-04-01",
            }
            body, headers = signed(path, form, token=account["auth_token"])
            lines = [
                f"POST {path} HTTP/1.1",
                f"Host: {urlsplit(PUBLIC).netloc}",
                f"Content-Length: {len(urlencode(form))}",
                *(f"{name}: {value}" for name, value in headers.items()),
            ]
            yield "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _spent(stack: Stack, pool: Pool, calls: Sequence[bytes]) -> Spent:
    port = urlsplit(url_of(stack.state, "alert-api")).port
    before, begun = cpu_seconds(stack.state)["alert-api"], time.perf_counter()
    await asked(iter(calls), port=port or 0, connections=_CONNECTIONS, status=204)
    wall, answered = time.perf_counter() - begun, cpu_seconds(stack.state)["alert-api"]

    async def relayed() -> bool:
        return not await pool.fetchval("SELECT EXISTS (SELECT FROM outbox)")

    await eventually(relayed, within=120)
    return Spent(wall, answered - before, cpu_seconds(stack.state)["alert-api"] - before)
