"""Receipts as they are handed to the merge."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the type."""
    run_sql_beside(__file__)
