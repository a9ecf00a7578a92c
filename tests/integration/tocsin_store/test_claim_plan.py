"""The claim's plan on a fresh ledger: probes by key, whatever the statistics say."""

import json
from typing import cast

from tests.support.plans import Node, nodes, table, unprobed
from tests.support.world import Situation, waiting
from tocsin_store.claim import CLAIM
from tocsin_store.pool import Pool

PROBED = ("delivery", "member", "contact_point", "consent")


async def test_a_claim_on_a_fresh_unanalysed_ledger_probes_by_key(pool: Pool) -> None:
    situation = await waiting(pool, 20_000)
    await pool.execute("DELETE FROM pg_statistic WHERE starelid = ANY($1::regclass[])", list(PROBED))

    plan = await _plan_of_a_claim(situation)

    assert {table(node) for node in nodes(plan)} >= set(PROBED)
    assert unprobed(plan, PROBED) == []


async def _plan_of_a_claim(situation: Situation) -> Node:
    ids = "{" + ",".join(map(str, situation.ids[:200])) + "}"
    async with (
        situation.pool.acquire() as connection
    ):  # EXECUTE plans as the driver's own prepared statement does
        await connection.execute(f"PREPARE claim (uuid, uuid[], bigint, bigint, text) AS {CLAIM}")
        explained = await connection.fetchval(
            "EXPLAIN (FORMAT json) EXECUTE claim"
            f" ('{situation.alert}', '{ids}', {situation.session}, 1, 'email')"
        )
    return cast("Node", json.loads(explained)[0]["Plan"])
