"""The `tocsin` command."""

import logging
import sys
from importlib.metadata import entry_points
from typing import Final

from cyclopts import App, CycloptsError

from tocsin_cli.errors import MISUSED, CommandError

_GROUP: Final = "tocsin.commands"
_COMMANDS: Final = {  # imported when called: `tocsin keys` need not wait for what `tocsin migrate` loads
    "migrate": ("tocsin_cli.migrate_command:migrate", "Bring the database to the newest schema."),
    "topics": ("tocsin_cli.topic_commands:app", "Kafka topics."),
    "agencies": ("tocsin_cli.agency_commands:app", "Agencies: data controllers that send."),
    "keys": ("tocsin_cli.key_commands:app", "API keys."),
    "dead-letters": ("tocsin_cli.dead_letter_commands:app", "Records that could not be read or handled."),
    "deliveries": ("tocsin_cli.delivery_commands:app", "Single deliveries, and what became of them."),
    "pauses": ("tocsin_cli.pause_commands:app", "Routes on hold."),
    "ledger": ("tocsin_cli.ledger_command:ledger", "What waits, who works, what needs an operator."),
    "members": ("tocsin_cli.member_commands:app", "Members: residents who are told."),
    "areas": ("tocsin_cli.area_commands:app", "Areas by code, e.g. wards."),
}


def build() -> App:
    """Put the command together: ours, and at the same level those of installed packages."""
    app = App(
        name="tocsin", help="Tocsin, a community alerting platform.", print_error=False, exit_on_error=False
    )
    for name, (where, text) in _COMMANDS.items():
        app.command(where, name=name, help=text)
    for entry in sorted(entry_points(group=_GROUP), key=lambda each: each.name):
        app.update(entry.load())
    return app


def main() -> None:
    """Run one command: status 0, 1 where it failed, 2 where it was called wrongly."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what failed is said in one line, by us
    try:
        build()(sys.argv[1:])
    except CycloptsError as error:
        _exit(" ".join(str(error).split()), status=MISUSED)
    except CommandError as error:
        _exit(str(error), status=error.status)


def _exit(line: str, *, status: int) -> None:
    sys.stderr.write(f"tocsin: {line}\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
