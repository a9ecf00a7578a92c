"""The buckets of a tally's times, counted in double precision."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace a function."""
    run_sql_beside(__file__)
