"""Where PostgreSQL lives: in the stack's folder, or where root's stand-in user can reach it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tocsin_local.accounts import Account, reaches
from tocsin_local.layout import Layout

_OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108  # the folder made there has a random name and mode 711


def postgres_home(layout: Layout, *, account: Account | None, recorded: str | None) -> Path:
    """Have the folder of PostgreSQL's data, its mode and owner set; `recorded` is the one of an earlier run."""
    home = Path(recorded) if recorded and Path(recorded).exists() else _choose(layout, account=account)
    home.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(home, account.uid, account.gid)
    return home


def _choose(layout: Layout, *, account: Account | None) -> Path:
    if account is None or reaches(account, layout.root):
        return layout.postgres
    temporary = Path(tempfile.gettempdir())
    passing = (
        (temporary,) if layout.root.is_relative_to(temporary) else ()
    )  # a test's: to be cleaned up likewise
    base = next(place for place in (*passing, *_OUTSIDE) if place.is_dir() and reaches(account, place))
    return Path(tempfile.mkdtemp(prefix="tocsin-postgres-", dir=base))
