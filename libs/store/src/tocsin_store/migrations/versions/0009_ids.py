"""Ids of deliveries: the same ones, worked out without a call."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace a function."""
    run_sql_beside(__file__)
