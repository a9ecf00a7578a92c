"""Notify's errors in its own words and shape (docs.notifications.service.gov.uk, "Error codes")."""

from collections.abc import Mapping
from typing import Final

from tocsin_sandbox.phones.door import Answer

USUAL: Final[Mapping[int, str]] = {
    400: "BadRequestError",
    401: "AuthError",
    403: "AuthError",
    404: "NoResultFound",
    429: "RateLimitError",
    500: "Exception",
}
"""The name of an error by its HTTP status."""


def error(status: int, message: str, *, name: str | None = None, retry_after_s: int | None = None) -> Answer:
    """The answer to a request that fails; without a name it has the usual one of this status."""
    named = name or USUAL.get(status, "Exception")
    body = {"status_code": status, "errors": [{"error": named, "message": message}]}
    return Answer.of(status, body, retry_after_s=retry_after_s)


def invalid(message: str) -> Answer:
    """A request whose fields are not as they should be."""
    return error(400, message, name="ValidationError")


def not_found() -> Answer:
    """No such notification."""
    return error(404, "No result found")
