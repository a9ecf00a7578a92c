"""The program itself: started, killed, started again, stopped."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

MESSAGE = b"MAIL FROM:<>\r\nRCPT TO:<resident@b.example>\r\nDATA\r\nMessage-ID: <%d@x>\r\n\r\nx\r\n.\r\n"


class Running:
    """The process, its ports and what it logged."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log = ""
        self.smtp_port = self.http_port = 0

    async def wait_until_ready(self) -> None:
        assert self.process.stderr is not None
        while not (found := re.search(r"sandbox_ready smtp_port=(\d+) http_port=(\d+)", self.log)):
            line = await asyncio.wait_for(self.process.stderr.readline(), 20)
            assert line, self.log
            self.log += line.decode()
        self.smtp_port, self.http_port = int(found[1]), int(found[2])

    async def end(self, by: signal.Signals) -> int:
        """Signal it; the exit code."""
        assert self.process.stderr is not None
        self.process.send_signal(by)
        self.log += (await asyncio.wait_for(self.process.stderr.read(), 10)).decode()
        return await self.process.wait()


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncIterator[Running]:
    environment = {f"TOCSIN_SANDBOX_{name.upper()}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from tocsin_sandbox.main import main; main()",
        stderr=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "TOCSIN_SANDBOX_SMTP_PORT": "0",
            "TOCSIN_SANDBOX_HTTP_PORT": "0",
            "TOCSIN_SANDBOX_DATA_DIR": str(folder),
            **environment,
        },
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def send_until_cut(port: int, *, cut_after: int, process: Running) -> int:
    """Pipeline messages, kill the process once so many were acknowledged; how many were in all."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"HELO x\r\n" + b"".join(MESSAGE % number for number in range(2_000)))
    acknowledged, killed = 0, False
    while line := await _line_or_end(reader):
        acknowledged += line.startswith(b"250 2.0.0 Ok: queued")
        if acknowledged >= cut_after and not killed:
            killed = True
            process.process.kill()
    writer.close()
    await process.process.wait()
    return acknowledged


async def _line_or_end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.readline(), 10)
    except ConnectionResetError:
        return b""


async def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    async with running(tmp_path) as first:
        await first.wait_until_ready()
        acknowledged = await send_until_cut(first.smtp_port, cut_after=100, process=first)

    async with running(tmp_path) as second:
        await second.wait_until_ready()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{second.http_port}") as http:
            summary = await (await http.get("/api/summary")).json()
        code = await second.end(signal.SIGTERM)

    assert summary["messages"] >= acknowledged >= 100
    assert summary["duplicates"] == 0
    assert code == 0


async def test_it_stops_when_asked_though_clients_are_connected_and_logs_no_address(tmp_path: Path) -> None:
    async with running(tmp_path, fsync="true") as sandbox:
        await sandbox.wait_until_ready()
        reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.smtp_port)
        writer.write(b"HELO x\r\n" + MESSAGE % 1)
        answers = [await asyncio.wait_for(reader.readline(), 10) for _ in range(6)]

        code = await sandbox.end(signal.SIGINT)

        assert answers[-1] == b"250 2.0.0 Ok: queued as 1\r\n"
        assert (await reader.read()).startswith(b"421 ")
        writer.close()
    assert code == 0
    assert "sandbox_stopped" in sandbox.log
    assert "resident" not in sandbox.log


async def test_a_bad_setting_is_named_and_its_value_is_not_shown(tmp_path: Path) -> None:
    async with running(tmp_path, auth_users='["secret"]') as sandbox:
        assert sandbox.process.stderr is not None
        log = (await sandbox.process.stderr.read()).decode()
        code = await sandbox.process.wait()

    assert code == 1
    assert "TOCSIN_SANDBOX_AUTH_USERS" in log
    assert "secret" not in log
    assert "Traceback" not in log


async def test_a_second_sandbox_on_the_same_folder_says_why_it_will_not_start(tmp_path: Path) -> None:
    async with running(tmp_path) as first:
        await first.wait_until_ready()
        async with running(tmp_path) as second:
            assert second.process.stderr is not None
            log = (await asyncio.wait_for(second.process.stderr.read(), 20)).decode()
            code = await second.process.wait()

    assert code == 1
    assert log.endswith("another sandbox uses this data_dir\n")
