"""Who runs PostgreSQL, which refuses to be run by root, and what that user can reach."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from tocsin_local.errors import LocalError


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    uid: int
    gid: int


def unprivileged() -> Account | None:
    """Name whom root steps down to; None for a plain user, who stays who they are."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise LocalError(
            "PostgreSQL refuses to run as root and this machine has no user nobody: run as a plain user."
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)


def reaches(account: Account, path: Path) -> bool:
    """Say whether the account may enter every folder down to `path` and use what is there."""
    resolved = path.resolve()
    return all(_permits(account, folder, need=0o1) for folder in resolved.parents) and _permits(
        account, resolved, need=0o5
    )


def _permits(account: Account, path: Path, *, need: int) -> bool:
    status = path.stat()
    if status.st_uid == account.uid:
        mode = status.st_mode >> 6
    elif status.st_gid == account.gid:
        mode = status.st_mode >> 3
    else:
        mode = status.st_mode
    return mode & need == need
