"""The gate of an alert: who changes it comes before whoever uses it later.

The row's lock alone would starve a change, for PostgreSQL lets a shared row lock pass by one that waits: claims that
overlapped kept a cancel waiting for more than ten seconds (measured: twelve at a time, of 50 ms each). Advisory locks
queue: 70 ms. The gate is held until the transaction ends, and comes before the row.
"""

from typing import Final

USE: Final = "pg_advisory_xact_lock_shared(hashtextextended('alert|' || $1::uuid::text, 0))"
"""Beside others who use it; $1 is the alert."""

ALERT: Final = f"""gate AS MATERIALIZED (
    SELECT {USE}
), a AS MATERIALIZED (              -- after a wait for these locks the row is read anew
    SELECT id, agency_id, version, purpose, frozen_at, expires_at, lane, severity, open, last_wave
    FROM   gate CROSS JOIN alert WHERE id = $1 FOR SHARE OF alert
)"""
"""The same in a statement, with the alert as `a`."""

CHANGE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('alert|' || $1::uuid::text, 0))"
"""Alone, once those who use it now have ended."""

MERGE: Final = "SELECT pg_advisory_xact_lock_shared(hashtextextended('tocsin.merge', 0))"
"""Beside other mergers, and not while claims are recovered: first in a merge's transaction, so that the statements after
it see all that recovery did. One that waited for a row inside its statement would not see the `due` row beside it, and
leave it there for ever."""

RECOVER: Final = "SELECT pg_advisory_xact_lock(hashtextextended('tocsin.merge', 0))"
"""While nothing is merged."""
