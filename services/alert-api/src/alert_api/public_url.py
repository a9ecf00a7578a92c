"""The address that strangers called us by: the configured one, unless a proxy that we trust says otherwise."""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from starlette.types import Scope

Network = IPv4Network | IPv6Network

_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:[0-9]{1,5})?")
_SCHEMES: Final = frozenset({"http", "https"})


class PublicUrl:
    """Rebuilds the URL of a request as its sender wrote it, for what was signed over that."""

    def __init__(self, configured: str, *, trusted: Sequence[Network]) -> None:
        self._configured = configured
        self._trusted = tuple(trusted)

    def of(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The whole URL, query included."""
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        base = self._told(scope, headers) or self._configured
        return f"{base}{path}?{query}" if query else f"{base}{path}"

    def _told(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
        """What a trusted proxy says; the last of several is the one we spoke with."""
        if not self._trusted or not self._is_trusted(scope):
            return None
        scheme = _last(headers.get(b"x-forwarded-proto"))
        host = _last(headers.get(b"x-forwarded-host"))
        return f"{scheme}://{host}" if scheme in _SCHEMES and _HOST.fullmatch(host) else None

    def _is_trusted(self, scope: Scope) -> bool:
        try:
            peer = ip_address(scope["client"][0])
        except (TypeError, ValueError):  # a socket of another kind
            return False
        return any(peer in network for network in self._trusted)


def _last(header: bytes | None) -> str:
    return (header or b"").decode("latin-1").rpartition(",")[2].strip()
