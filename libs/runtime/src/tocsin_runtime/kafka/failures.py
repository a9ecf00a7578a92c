"""What calls of the Kafka client raise where Kafka cannot be reached or will not do it."""

from typing import Final

FAILURES: Final = (RuntimeError, OSError, TimeoutError)
"""All of the client's own errors are RuntimeErrors. So is uvloop's for a write to a connection that was reset just then,
which the client lets through as it is: it means no more than that the connection is lost."""
