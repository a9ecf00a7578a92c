"""Where the merge stands is said of one log: a topic that was made anew is another."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the tables."""
    run_sql_beside(__file__)
