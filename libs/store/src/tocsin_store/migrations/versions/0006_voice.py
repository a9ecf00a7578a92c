"""Calls: callers, one call at a time to a number, one per household and alert."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns."""
    run_sql_beside(__file__)
