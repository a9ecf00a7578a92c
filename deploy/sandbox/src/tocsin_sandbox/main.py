"""The `tocsin-sandbox` command."""

import asyncio
import gc
import logging
import os
import signal
import sys

import uvloop
from pydantic import ValidationError

from tocsin_sandbox.sandbox import Sandbox
from tocsin_sandbox.settings import Settings

log = logging.getLogger(__name__)


def main() -> None:
    """Run until SIGTERM or SIGINT; exit 1 where a setting, the rules file or an address will not do."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        uvloop.run(_run(Settings(_secrets_dir=os.environ.get("TOCSIN_SANDBOX_SECRETS_DIR"))))
    except (OSError, ValueError) as error:
        sys.exit(f"tocsin-sandbox: {_reason(error)}")


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Sandbox(settings) as sandbox:
        gc.freeze()  # what is loaded stays: looking through it again and again would hold up SMTP
        log.info("sandbox_ready smtp_port=%d http_port=%d", sandbox.smtp_port, sandbox.http_port)
        await sandbox.until(stop)
    log.info("sandbox_stopped")


def _reason(error: Exception) -> str:
    """What is wrong, by name, without the value: it may be a password."""
    if not isinstance(error, ValidationError):
        return str(error)
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    prefix = "TOCSIN_SANDBOX_" if error.title == Settings.__name__ else ""
    names = (prefix + ".".join(str(part) for part in problem["loc"]).upper() for problem in problems)
    return "; ".join(f"{name}: {problem['msg']}" for name, problem in zip(names, problems, strict=True))
