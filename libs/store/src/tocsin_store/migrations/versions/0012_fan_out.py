"""Ids of deliveries at less cost; a chunk's ids are not compressed."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace a function, and say how a column is stored."""
    run_sql_beside(__file__)
