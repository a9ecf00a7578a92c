"""AUTH PLAIN and LOGIN (RFC 4954, RFC 4616)."""

import binascii
import hmac
from base64 import b64decode
from collections.abc import Callable, Mapping

from pydantic import SecretStr

from tocsin_sandbox.smtp import replies


class AuthExchange:
    """One client's attempts to say who it is. The replies tell nobody which half was wrong."""

    __slots__ = ("_next", "_user", "_users", "succeeded")

    def __init__(self, *, users: Mapping[str, SecretStr]) -> None:
        self._users = users
        self._next: Callable[[bytes], bytes] | None = None
        self._user = b""
        self.succeeded = False

    @property
    def pending(self) -> bool:
        """Whether the next line belongs to this exchange and is no command."""
        return self._next is not None

    def begin(self, argument: bytes) -> bytes:
        """Answer `AUTH <mechanism> [initial response]`."""
        mechanism, _, initial = argument.partition(b" ")
        steps = {b"PLAIN": (self._plain, replies.AUTH_EMPTY), b"LOGIN": (self._login, replies.AUTH_USERNAME)}
        step = steps.get(mechanism.upper())
        if step is None:
            return replies.AUTH_UNKNOWN
        self._next, challenge = step
        return self.go_on(initial) if initial else challenge

    def go_on(self, line: bytes) -> bytes:
        """Answer one line of the exchange."""
        step, self._next = self._next, None
        if step is None or line == b"*":
            return replies.AUTH_CANCELLED
        try:
            return step(b"" if line == b"=" else b64decode(line, validate=True))
        except binascii.Error:
            self._next = None
            return replies.AUTH_MALFORMED

    def _plain(self, token: bytes) -> bytes:
        parts = token.split(b"\0")
        return self._verdict(parts[1], parts[2]) if len(parts) == 3 else replies.AUTH_MALFORMED  # noqa: PLR2004 - authzid, authcid, password

    def _login(self, user: bytes) -> bytes:
        self._user, self._next = user, self._login_password
        return replies.AUTH_PASSWORD

    def _login_password(self, password: bytes) -> bytes:
        return self._verdict(self._user, password)

    def _verdict(self, user: bytes, password: bytes) -> bytes:
        secret = self._users.get(user.decode("utf-8", "replace"))
        expected = secret.get_secret_value().encode() if secret else b""
        self.succeeded = hmac.compare_digest(expected, password) and secret is not None
        return replies.AUTH_OK if self.succeeded else replies.AUTH_REFUSED
