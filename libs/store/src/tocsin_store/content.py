"""What workers need of an alert version: it never changes, so it is read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin_schemas.words import Lane, Purpose, Severity
from tocsin_store.pool import Pool


@dataclass(frozen=True, slots=True)
class AlertContent:
    """One version of an alert, and who sends it."""

    agency_id: UUID
    agency_name: str
    email_from: str
    reply_to: str | None
    lane: Lane
    severity: Severity
    purpose: Purpose
    expires_at: datetime
    body: Mapping[str, object]
    """As it was posted, defaults filled in."""
    sms_from: str | None = None
    sms_segments_per_s: int = 10
    """What its sender may send, all workers together."""
    voice_from: str | None = None
    """The number that calls come from."""

    @property
    def asks(self) -> bool:
        """Whether people are asked to say that they have seen it; versions from before that was known do not."""
        return self.body.get("acknowledge") is True


async def alert_content(pool: Pool, alert_id: UUID, *, version: int) -> AlertContent:
    """Read one version.

    Raises:
        LookupError: There is no such version.
    """
    row = await pool.fetchrow(
        """SELECT a.agency_id, g.name, g.email_from, g.reply_to, g.sms_from, g.sms_segments_per_s, g.voice_from,
                  a.lane::text, a.severity, a.purpose, a.expires_at, c.body
           FROM   alert a
           JOIN   agency g ON g.id = a.agency_id
           JOIN   alert_content c ON c.alert_id = a.id AND c.version = $2
           WHERE  a.id = $1""",
        alert_id,
        version,
    )
    if row is None:
        raise LookupError(f"no content of version {version}")
    return AlertContent(
        agency_id=row["agency_id"],
        agency_name=row["name"],
        email_from=row["email_from"],
        reply_to=row["reply_to"],
        sms_from=row["sms_from"],
        sms_segments_per_s=row["sms_segments_per_s"],
        voice_from=row["voice_from"],
        lane=Lane(row["lane"]),
        severity=Severity(row["severity"]),
        purpose=Purpose(row["purpose"]),
        expires_at=row["expires_at"],
        body=row["body"],
    )
