"""The signed token a client shows with each request: a JWT with HS256, its issuer the service, valid for 30 seconds."""

import base64
import binascii
import hmac
import json
import time
from typing import Final

from tocsin_sandbox.notify.errors import error
from tocsin_sandbox.phones.door import Answer

_BEARER: Final = b"bearer "
_LEEWAY_S: Final = 30
_PARTS: Final = 3


def refusal(header: bytes | None, *, service: str, key: str) -> Answer | None:
    """What a client hears that shows no good token; None: it is the service."""
    if header is None or not header.lower().startswith(_BEARER):
        return error(401, "Unauthorized: authentication token must be provided")
    parts = header[len(_BEARER) :].split(b".")
    if len(parts) != _PARTS:
        return error(403, "Invalid token: signature, api token is not valid")
    head, claims = _decoded(parts[0]), _decoded(parts[1])
    if not key or claims.get("iss") != service:
        return error(403, "Invalid token: service not found")
    if head.get("alg") != "HS256" or not _signed(parts, key):
        return error(403, "Invalid token: API key not found")
    issued = claims.get("iat")
    if not isinstance(issued, int | float) or abs(time.time() - issued) > _LEEWAY_S:
        return error(403, "Error: Your system clock must be accurate to within 30 seconds")
    return None


def _signed(parts: list[bytes], key: str) -> bool:
    expected = hmac.digest(key.encode(), parts[0] + b"." + parts[1], "sha256")
    return hmac.compare_digest(base64.urlsafe_b64encode(expected).rstrip(b"="), parts[2])


def _decoded(part: bytes) -> dict[str, object]:
    """A part of a token; empty where it is none."""
    try:
        value = json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return value if isinstance(value, dict) else {}
