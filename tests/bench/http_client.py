"""An HTTP client that is hardly in the way: whole requests over kept-open connections, one after the other."""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from typing import Final

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


async def asked(requests: Iterator[bytes], *, port: int, connections: int, status: int) -> Sequence[float]:
    """Send every request; returns how long each took, in seconds.

    Raises:
        RuntimeError: One was answered otherwise.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_one_by_one(requests, port=port, status=status)) for _ in range(connections)
        ]
    return [seconds for task in tasks for seconds in task.result()]


async def _one_by_one(requests: Iterator[bytes], *, port: int, status: int) -> Sequence[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for request in requests:
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        took.append(time.perf_counter() - begun)
        if not head.startswith(b"HTTP/1.1 %d" % status):
            raise RuntimeError(head.partition(b"\r\n")[0].decode())
    writer.close()
    return took
