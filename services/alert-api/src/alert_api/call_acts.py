"""What a pressed key does: committed before it is confirmed, and once, however often it is told."""

from alert_api.traces import note_moved
from tocsin_schemas.words import Channel
from tocsin_store import opt_outs
from tocsin_store.calls import Called
from tocsin_store.pool import Connection


async def stop_calls(conn: Connection, called: Called, *, provider: str, ref: str) -> None:
    """Withdraw consent to this agency's calls for everybody who has this number; from the commit on none is made (I3).

    Args:
        conn: In a transaction.
        called: Whose call it was.
        provider: By which it was made.
        ref: The provider's own id of it.
    """
    evidence = {"by": "member", "how": "call", "word": "9", "provider": provider, "ref": ref}
    moved = await opt_outs.stop(
        conn, called.number, agencies=[called.agency_id], evidence=evidence, channel=Channel.VOICE
    )
    await note_moved(conn, moved, actor="call", action="consent withdrawn")
