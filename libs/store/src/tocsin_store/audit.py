"""Who did what, to what. Ids only, never anything personal."""

from uuid import UUID

from tocsin_store.pool import Connection


async def append(conn: Connection, *, agency_id: UUID | None, actor: str, action: str, subject: str) -> None:
    """Write an entry in the caller's transaction, so that it stands or falls with the act.

    Args:
        conn: Connection of the act's transaction.
        agency_id: Whose act; None for an operator's.
        actor: Id of an API key, or the command that acted.
        action: Past-tense words, e.g. `alert accepted`.
        subject: Id of what it was done to.
    """
    await conn.execute(
        """
        INSERT INTO audit (agency_id, actor, action, subject)
        VALUES            ($1,        $2,    $3,     $4)
        """,
        agency_id,
        actor,
        action,
        subject,
    )
