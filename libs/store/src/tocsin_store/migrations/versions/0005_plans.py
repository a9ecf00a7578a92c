"""Plans: steps that begin later, for those whom earlier ones did not reach."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns."""
    run_sql_beside(__file__)
