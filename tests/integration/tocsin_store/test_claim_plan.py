"""The claim's plan on a fresh ledger: probes by key, whatever the statistics say."""

import json
from collections.abc import Iterator, Mapping
from typing import cast

from tests.support.world import Situation, waiting
from tocsin_store.claim import CLAIM
from tocsin_store.pool import Pool

PROBED = ("delivery", "member", "contact_point", "consent")


async def test_a_claim_on_a_fresh_unanalysed_ledger_probes_by_key(pool: Pool) -> None:
    situation = await waiting(pool, 20_000)
    await pool.execute("DELETE FROM pg_statistic WHERE starelid = ANY($1::regclass[])", list(PROBED))

    plan = await _plan_of_a_claim(situation)

    scans = [(node["Node Type"], _table(node)) for node in _nodes(plan) if _table(node) in PROBED]
    assert {table for _, table in scans} == set(PROBED)
    assert {kind for kind, _ in scans} <= {"Index Scan", "Index Only Scan", "ModifyTable"}


async def _plan_of_a_claim(situation: Situation) -> Mapping[str, object]:
    ids = "{" + ",".join(map(str, situation.ids[:200])) + "}"
    async with (
        situation.pool.acquire() as connection
    ):  # EXECUTE plans as the driver's own prepared statement does
        await connection.execute(f"PREPARE claim (uuid, uuid[], bigint, bigint, text) AS {CLAIM}")
        explained = await connection.fetchval(
            "EXPLAIN (FORMAT json) EXECUTE claim"
            f" ('{situation.alert}', '{ids}', {situation.session}, 1, 'email')"
        )
    return cast("Mapping[str, object]", json.loads(explained)[0]["Plan"])


def _nodes(plan: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    yield plan
    for child in cast("list[Mapping[str, object]]", plan.get("Plans", [])):
        yield from _nodes(child)


def _table(node: Mapping[str, object]) -> str:
    """The table a node reads; a leaf of the ledger counts as the ledger."""
    name = str(node.get("Relation Name", ""))
    return "delivery" if name.startswith("delivery") else name
