"""Reads request bodies: bounded, JSON, and nothing else."""

from typing import Final

from fastapi import Request
from pydantic_core import from_json

from alert_api.problems import Problem

MAX_BYTES: Final = 1_048_576


async def read_json(request: Request) -> tuple[bytes, object]:
    """The body and what it says.

    Raises:
        Problem: `media-type`, `too-large` (a chunked body, too), or `malformed`.
    """
    _require_json(request)
    body = await read_bounded(request, most=MAX_BYTES)
    try:
        return body, from_json(body, allow_inf_nan=False)
    except ValueError as error:  # too deep, not UTF-8, a lone surrogate: all are ValueErrors
        raise Problem("malformed") from error


async def read_bounded(request: Request, *, most: int) -> bytes:
    """The body, read no further than `most` bytes.

    Raises:
        Problem: `too-large`.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise Problem("too-large")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise Problem("too-large")
    return bytes(body)


def _require_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" or request.headers.get("content-encoding", "identity") != "identity":
        raise Problem("media-type", headers={"Accept-Post": "application/json"})
