"""The one error that the local stack shows to a person."""

from __future__ import annotations


class LocalError(Exception):
    """What keeps the stack from running, in one line that also says what to do; shown without a traceback."""


class Cancelled(Exception):  # noqa: N818  # not a fault: somebody ended the stack while it started
    """The stack is to end before it has begun."""
