"""The secrets of a stack: made once, one file each, readable by the owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tocsin_local.ports import POSTGRES
from tocsin_local.provider_accounts import DRAWN, account_file, sms_providers
from tocsin_local.services import SANDBOX_PAGE

_SIGNING_KEY_BYTES = 32


def create_secrets(folder: Path, *, base_port: int) -> None:
    """Have the files that services read below TOCSIN_SECRETS_DIR; only the ports in addresses ever change."""
    _once(folder / "tocsin_signing_key", secrets.token_hex(_SIGNING_KEY_BYTES))
    _once(folder / "postgres_password", secrets.token_urlsafe(24))
    server = f"tocsin:{postgres_password(folder)}@127.0.0.1:{base_port + POSTGRES}"
    # it has no certificate: asking for one takes a client as long as all else of a connection
    write_private(folder / "tocsin_database_url", f"postgresql://{server}/tocsin?sslmode=disable")
    for name, draw in DRAWN.items():
        _once(account_file(folder, name), draw())
    sandbox = f"http://127.0.0.1:{base_port + SANDBOX_PAGE}"
    providers = sms_providers(folder, twilio_url=sandbox, notify_url=sandbox)
    write_private(folder / "tocsin_sms_providers", providers)


def postgres_password(folder: Path) -> str:
    """Read the password of the database user tocsin."""
    return (folder / "postgres_password").read_text()


def database_url(folder: Path) -> str:
    """Read the address of the database, password included."""
    return (folder / "tocsin_database_url").read_text()


def write_private(path: Path, text: str) -> None:
    """Replace a file at once by one that nobody else could open at any moment."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    scratch.replace(path)


def _once(path: Path, text: str) -> None:
    if not path.exists():
        write_private(path, text)
