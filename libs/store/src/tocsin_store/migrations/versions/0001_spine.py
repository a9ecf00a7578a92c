"""Everything one alert by email needs: agencies, members, alerts, the ledger, the outbox."""

from tocsin_store.migrations.script import run_sql_beside

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    run_sql_beside(__file__)
