"""Brings a database to the newest schema. Runs before any service."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def migrate(database_url: str) -> None:
    """Apply the missing revisions, each in a transaction, under an advisory lock. Blocking.

    Args:
        database_url: `postgresql://…`, as the services use it.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["database_url"] = database_url
    command.upgrade(config, "head")
