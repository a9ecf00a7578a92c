"""A small world of calls: members with numbers that are called, and alerts that go there."""

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from tests.support.phones import a_number
from tests.support.texts import numbered, text_fact, told_by
from tests.support.world import Post, Situation, an_agency
from tocsin_schemas.words import Channel
from tocsin_store.pool import Pool

CALLER = "+441134960000"

call_fact: Final = partial(text_fact, channel=Channel.VOICE)
"""A fact about one call, of now."""


async def a_calling_agency(pool: Pool, *, calls_per_s: int = 1) -> UUID:
    """An agency that may call."""
    agency = await an_agency(pool)
    await pool.execute(
        "UPDATE agency SET voice_from = $2, calls_per_s = $3 WHERE id = $1", agency, CALLER, calls_per_s
    )
    return agency


async def calling(
    pool: Pool,
    count: int = 1,
    *,
    post: Post | None = None,
    together: bool = False,
    same_number: bool = False,
    agency: UUID | None = None,
) -> Situation:
    """An alert with so many calls that wait to be claimed.

    Args:
        pool: Connections.
        count: Of members; each has a number and a household of its own, unless something else is said.
        post: What is posted.
        together: Whether they are one household.
        same_number: Whether they have one number.
        agency: Whose alert, and whose members besides those that it has.
    """
    agency = agency or await a_calling_agency(pool)
    ids = await numbered(pool, agency, count, channel=Channel.VOICE)
    if together:
        await share_household(pool, ids)
    if same_number:
        await pool.execute(
            "UPDATE contact_point SET address = $2 WHERE member_id = ANY($1::uuid[])", ids, a_number()
        )
    return await told_by(pool, agency, Channel.VOICE, post=post)


async def share_household(pool: Pool, members: Sequence[UUID]) -> None:
    """Let members live together."""
    await pool.execute("UPDATE member SET household_id = $2 WHERE id = ANY($1::uuid[])", members, uuid4())
