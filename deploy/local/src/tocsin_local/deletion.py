"""Delete what a stack stored."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from tocsin_local.errors import LocalError
from tocsin_local.layout import Layout
from tocsin_local.locks import is_locked
from tocsin_local.state import read_state


def delete_data(layout: Layout) -> None:
    """Delete data, logs and secrets of a stack that is stopped; other things in its folder stay.

    Raises:
        LocalError: It runs.
    """
    if is_locked(layout):
        raise LocalError(f"A stack runs in {layout.root}: `tocsin down` first.")
    state = read_state(layout)
    outside = [Path(state.postgres_home)] if state and state.postgres_home else []
    for path in (*outside, *layout.owned):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    with suppress(OSError):  # something that is not ours is in it
        layout.root.rmdir()
