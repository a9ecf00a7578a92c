"""Plans of statements, as the driver's own prepared statements have them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from tocsin_store.pool import Pool

Node = Mapping[str, object]


async def plan_of(pool: Pool, statement: str) -> Node:
    """The generic plan of a statement; every parameter is null, and its type is what the statement makes of it."""
    count = len(set(re.findall(r"\$(\d+)", statement)))
    types = f"({', '.join(['unknown'] * count)})" if count else ""
    nulls = f"({', '.join(['NULL'] * count)})" if count else ""
    async with pool.acquire() as connection:
        await connection.execute(f"PREPARE planned {types} AS {statement}")
        explained = await connection.fetchval(f"EXPLAIN (FORMAT json) EXECUTE planned {nulls}")
        await connection.execute("DEALLOCATE planned")
    return cast("Node", json.loads(explained)[0]["Plan"])


def nodes(plan: Node) -> Iterator[Node]:
    """A plan's nodes, from the top."""
    yield plan
    for child in cast("list[Node]", plan.get("Plans", [])):
        yield from nodes(child)


def table(node: Node) -> str:
    """The table a node reads; a leaf of the ledger or the timeline counts as the whole."""
    return re.sub(r"_(\d{8}|default)$", "", str(node.get("Relation Name", "")))


def unprobed(plan: Node, tables: Sequence[str]) -> list[tuple[str, str]]:
    """Reads of these tables that are not by a condition on an index."""
    return [
        (str(node["Node Type"]), table(node))
        for node in nodes(plan)
        if table(node) in tables and node["Node Type"] != "ModifyTable" and not _is_probe(node)
    ]


def _is_probe(node: Node) -> bool:
    match node["Node Type"]:
        case "Index Scan" | "Index Only Scan":
            return "Index Cond" in node
        case "Bitmap Heap Scan":
            return "Recheck Cond" in node
        case kind:
            return kind == "Tid Scan"
