"""The supervisor: run one stack until a signal ends it.

`python -m tocsin_local.supervise` is what `tocsin up` starts in the background, its order on standard input.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable

from tocsin_local.errors import Cancelled, LocalError
from tocsin_local.orders import Order
from tocsin_local.stack import Stack

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_log = logging.getLogger(__name__)


def supervise(stack: Stack, *, started: Callable[[], None] = lambda: None) -> None:
    """Start the stack, keep it running, and stop it at SIGINT, SIGTERM or SIGHUP; only in the main thread.

    Args:
        stack: Not started yet.
        started: Called once when everything was started.

    Raises:
        LocalError: It could not start.
    """
    ending = threading.Event()

    def end(number: int, _frame: object) -> None:
        _log.info("stack_ending signal=%s", signal.Signals(number).name)
        ending.set()
        stack.cancel()

    for number in _ENDING:
        signal.signal(number, end)
    try:
        stack.start()
        started()
        ending.wait()
    except Cancelled:
        return
    finally:
        stack.stop()
        _log.info("stack_stopped")


def main() -> None:
    """Run the stack that standard input orders."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        supervise(Order.from_json(sys.stdin.buffer.read()).stack())
    except LocalError as error:
        _log.error(
            "stack_not_started problem=%s", error
        )  # who reads it can act on the line, not on a traceback
        sys.exit(1)


if __name__ == "__main__":
    main()
