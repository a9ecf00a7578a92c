"""Changing alerts over HTTP, and alerts in the states that matter."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from tests.integration.alert_api.conftest import Answer, Client
from tocsin_store.pool import Connection

ALL_CLEAR = [{"language": "en-GB", "headline": "All clear", "description": "The river is falling."}]


async def change(
    client: Client, alert_id: UUID, what: str, body: object, *, key: str | None = None
) -> Answer:
    """POST to `…/cancel` or `…/updates`."""
    return await client.send(
        "POST",
        f"/v1/alerts/{alert_id}/{what}",
        json=body,
        headers={"Idempotency-Key": key or str(uuid4())},
    )


async def cancelled(client: Client, alert_id: UUID, *, key: str | None = None, **body: object) -> Answer:
    return await change(client, alert_id, "cancel", {"reason": "Posted by mistake"} | body, key=key)


async def updated(
    client: Client, alert_id: UUID, alert: Mapping[str, object], *, key: str | None = None, **fields: object
) -> Answer:
    """To those reached, if nothing else is said."""
    return await change(client, alert_id, "updates", update_of(alert) | fields, key=key)


def update_of(alert: Mapping[str, object]) -> dict[str, object]:
    """A body that is accepted."""
    return {name: value for name, value in alert.items() if name != "areas"} | {"to": "reached"}


async def completed(conn: Connection, alert_id: UUID, *, days_ago: float) -> None:
    """Let an alert have begun then, and be over, as the dispatcher leaves it."""
    await conn.execute(
        """
        UPDATE alert
        SET    state = 'completed', open = false, expires_at = now() - interval '1 minute',
               created_at = created_at - $2 * interval '1 day', frozen_at = frozen_at - $2 * interval '1 day'
        WHERE  id = $1
        """,
        alert_id,
        days_ago,
    )


async def snapshot(conn: Connection) -> tuple[object, ...]:
    """What a refused request may not have touched."""
    row = await conn.fetchrow(
        """
        SELECT (SELECT count(*) FROM alert_content), (SELECT count(*) FROM fan_out), (SELECT count(*) FROM outbox),
               (SELECT count(*) FROM audit), (SELECT count(*) FROM idempotency),
               (SELECT string_agg(id || state || version || open, ',' ORDER BY id) FROM alert)
        """
    )
    assert row is not None
    return tuple(row)
