"""How a command fails: one line on stderr and a status."""

from typing import Final

FAILED: Final = 1
MISUSED: Final = 2


class CommandError(Exception):
    """Ends a command; its text is the line that is shown."""

    def __init__(self, text: str, *, status: int = FAILED) -> None:
        super().__init__(text)
        self.status = status


class NotMigratedError(CommandError):
    """The database is not at our schema."""


def misuse(text: str) -> CommandError:
    """A wrong argument: status 2."""
    return CommandError(text, status=MISUSED)
