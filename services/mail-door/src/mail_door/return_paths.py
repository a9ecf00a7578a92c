"""Which addresses are ours: the return paths that were signed with our keys, and the one for complaints."""

import re
from collections.abc import Sequence
from uuid import UUID

from tocsin_runtime.tokens import read_return_path


class ReturnPaths:
    """The addresses of one domain."""

    def __init__(self, *, keys: Sequence[bytes], domain: str, complaints: str) -> None:
        self._keys = keys
        self._domain = domain.lower()
        self._complaints = complaints.lower()
        shape = rf"(b-[0-9a-f]{{32}}-[0-9a-f]{{16}})@{re.escape(self._domain)}"
        self._quoted = re.compile(shape.encode(), re.IGNORECASE)

    def has_domain_of(self, address: str) -> bool:
        """Whether it is at our domain."""
        return address.rpartition("@")[2].lower() == self._domain

    def is_for_complaints(self, address: str) -> bool:
        """Whether it is the address that mailbox providers were told to complain to."""
        return address.rpartition("@")[0].lower() == self._complaints

    def delivery_of(self, address: str) -> UUID | None:
        """Whose return path it is, or None where its signature is not ours."""
        return read_return_path(self._keys, address.rpartition("@")[0])

    def quoted_in(self, content: bytes) -> UUID | None:
        """The delivery whose signed return path a report quotes, in Original-Mail-From or the message it returns."""
        found = (self.delivery_of(f"{match[1].decode()}@") for match in self._quoted.finditer(content))
        return next((delivery for delivery in found if delivery is not None), None)
