"""One stack at a time in one folder."""

from __future__ import annotations

import fcntl
import os
import time
from datetime import timedelta

from tocsin_local.errors import LocalError
from tocsin_local.layout import Layout
from tocsin_local.state import read_state

_LOOK_EVERY = 0.1


def take_lock(layout: Layout, *, patience: timedelta = timedelta(seconds=30)) -> int:
    """Lock the folder and return the descriptor; whoever holds a copy of it holds the lock.

    The guard of a supervisor that was killed keeps the lock until it has ended what was left: that is waited for.

    Raises:
        LocalError: A stack runs there, or one is still ending.
    """
    descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience.total_seconds()
    while not _locked(descriptor):
        state = read_state(layout)
        if state and state.running():
            os.close(descriptor)
            raise LocalError(
                f"A stack runs in {layout.root} (process {state.supervisor_pid}): `tocsin down` ends it."
            )
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise LocalError(f"The last stack in {layout.root} is still ending: try again in a minute.")
        time.sleep(_LOOK_EVERY)
    return descriptor


def is_locked(layout: Layout) -> bool:
    """Say whether anything of the stack may be alive."""
    if not layout.lock.exists():
        return False
    descriptor = os.open(layout.lock, os.O_RDWR)
    try:
        return not _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
