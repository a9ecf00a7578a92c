"""Runs the SQL file that lies beside a revision."""

from pathlib import Path

from alembic import op


def run_sql_beside(revision_file: str) -> None:
    """Execute every statement of the `.sql` file of the same name, in the migration's transaction."""
    sql = Path(revision_file).with_suffix(".sql").read_text()
    driver = op.get_bind().connection.dbapi_connection
    if driver is None:
        raise RuntimeError("migrations need a live connection; offline mode is not supported")
    driver.run_async(lambda connection: connection.execute(sql))
