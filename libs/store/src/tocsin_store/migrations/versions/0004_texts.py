"""Texts: senders, what providers took and reported, replies, words to leave."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns."""
    run_sql_beside(__file__)
