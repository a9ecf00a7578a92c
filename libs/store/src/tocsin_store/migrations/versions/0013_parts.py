"""Parts of a fan-out."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say how far each part goes."""
    run_sql_beside(__file__)
