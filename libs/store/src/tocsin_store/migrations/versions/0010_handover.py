"""First answers: of which bell they tell."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column."""
    run_sql_beside(__file__)
