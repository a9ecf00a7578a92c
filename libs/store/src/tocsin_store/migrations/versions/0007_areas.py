"""Acknowledgements: counted for each area of an alert."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column."""
    run_sql_beside(__file__)
