"""What `tocsin ledger` says of a stack that runs here; `tocsin status` shows it below the processes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin_cli import ledger_text
from tocsin_cli.errors import CommandError, NotMigratedError
from tocsin_cli.ledger_report import gather
from tocsin_cli.ledger_rules import needs
from tocsin_local.layout import Layout
from tocsin_local.ports import KAFKA
from tocsin_local.secret_files import database_url
from tocsin_local.state import StackState


@dataclass(frozen=True)
class Looked:
    """What was seen, for people and for programs."""

    lines: Sequence[str] = ()
    data: Mapping[str, object] | None = None
    needs_operator: bool = False


UNSEEN: Final = Looked()


def look(layout: Layout, state: StackState) -> Looked:
    """Look at the ledger and the log; nothing is shown before the database is migrated."""
    try:
        report = asyncio.run(
            gather(dsn=database_url(layout.secrets), kafka=f"127.0.0.1:{state.base_port + KAFKA}")
        )
    except (NotMigratedError, FileNotFoundError):  # it is still starting
        return UNSEEN
    except CommandError as error:
        return Looked(["", str(error)], {"error": str(error)}, needs_operator=True)
    return Looked(["", *ledger_text.lines(report)], ledger_text.data(report), bool(needs(report)))
