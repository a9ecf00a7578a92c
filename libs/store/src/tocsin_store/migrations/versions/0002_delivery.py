"""Cancel, versions, schedules, quiet hours, routes on hold, strikes and suppressions."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the tables."""
    run_sql_beside(__file__)
