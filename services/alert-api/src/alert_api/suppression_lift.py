"""Lifts suppressions: an address that refused mail is written to again."""

from uuid import UUID

from pydantic import Field

from alert_api.accept import validated
from alert_api.alert_post import Body, Line
from alert_api.once import Done, Outcome, Posting, once
from alert_api.problems import Problem
from alert_api.services import Services
from alert_api.traces import note
from alert_api.views import SuppressionView
from tocsin_store import suppressions
from tocsin_store.pool import Connection


class LiftPost(Body):
    """Says that an address may be written to again."""

    reason: Line = Field(description="Why, e.g. that the member confirmed the address. No name, no address.")


async def lift(posting: Posting, suppression_id: UUID, *, services: Services) -> Outcome:
    """Lift a suppression; one that is lifted already stays as it is and says so.

    Raises:
        Problem: `validation`, `not-found`, `idempotency-…`; nothing has changed.
    """
    return await once(
        posting, lambda conn: _lift(conn, posting, suppression_id, services=services), services=services
    )


async def _lift(conn: Connection, posting: Posting, suppression_id: UUID, *, services: Services) -> Done:
    post, faults = validated(LiftPost, posting.body, now=services.now())
    if post is None:
        raise Problem("validation", faults=faults)
    agency_id = posting.caller.agency_id
    before = await suppressions.find(conn, suppression_id, agency_id=agency_id)
    after = await suppressions.lift(conn, suppression_id, agency_id=agency_id, because=post.reason)
    if before is None or after is None:
        raise Problem("not-found")
    if before.lifted_at is None:
        await note(conn, posting.caller, action="suppression lifted", subject=suppression_id)
    return Done(SuppressionView.model_validate(after).model_dump(mode="json"), status=200)
