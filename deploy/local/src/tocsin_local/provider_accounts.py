"""Accounts at the stand-in providers of texts: what the sandbox knows them by, and what our services are told."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

DRAWN: Final[Mapping[str, Callable[[], str]]] = {
    "twilio_account_sid": lambda: f"AC{secrets.token_hex(16)}",
    "twilio_auth_token": lambda: secrets.token_hex(16),
    "notify_service_id": lambda: str(uuid4()),
    "notify_api_key": lambda: str(uuid4()),
    "notify_template_id": lambda: str(uuid4()),
    "notify_callback_token": lambda: secrets.token_urlsafe(24),
}
"""Secrets of the sandbox and how each is drawn."""


def account_file(folder: Path, name: str) -> Path:
    """Where one of them lies."""
    return folder / f"tocsin_sandbox_{name}"


def sms_providers(folder: Path, *, twilio_url: str, notify_url: str) -> str:
    """Write TOCSIN_SMS_PROVIDERS: Twilio first, GOV.UK Notify where Twilio is in trouble."""
    return json.dumps(
        [
            {"name": kind, "kind": kind, "base_url": url, **_credentials(folder, kind=kind)}
            for kind, url in (("twilio", twilio_url), ("notify", notify_url))
        ]
    )


def _credentials(folder: Path, *, kind: str) -> Mapping[str, str]:
    return {
        name.removeprefix(f"{kind}_"): account_file(folder, name).read_text()
        for name in DRAWN
        if name.startswith(kind)
    }
