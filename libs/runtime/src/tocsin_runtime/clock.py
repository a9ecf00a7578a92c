"""The wall clock."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time by this process's clock; everything that asks the wall clock asks here.

    It may be wrong, and it may step: what must not depend on that asks the database, or a monotonic clock.
    """
    return datetime.now(UTC)
