"""`tocsin migrate`: runs before any service starts."""

from tocsin_cli.errors import CommandError
from tocsin_cli.output import say
from tocsin_cli.settings import DatabaseSettings
from tocsin_runtime.settings import read_settings
from tocsin_store.migrate import migrate as migrate_database
from tocsin_store.pool import UNAVAILABLE


def migrate() -> None:
    """Bring the database to the newest schema."""
    url = read_settings(DatabaseSettings).database_url.get_secret_value()
    try:
        migrate_database(url)
    except UNAVAILABLE as error:
        raise CommandError(f"The database does not answer ({type(error).__name__}).") from error
    say("The database is up to date.")
