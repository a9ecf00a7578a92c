"""Each misbehaviour, as a client sees it."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk, Start

ACCEPTED = ["250", "250", "354", "250"]
DEAD = ""
"""What is heard once the connection is closed."""


@pytest.mark.parametrize(
    ("rule", "heard", "messages"),
    [
        ({"phase": "rcpt", "action": {"type": "reply", "code": 450}}, ["250", "450", "554", "500"], 0),
        ({"phase": "mail", "action": {"type": "reply", "code": 421}}, ["421", DEAD, DEAD, DEAD], 0),
        ({"phase": "data", "action": {"type": "drop"}}, ["250", "250", DEAD, DEAD], 0),
        ({"phase": "body", "action": {"type": "reply", "code": 451}}, ["250", "250", "354", "451"], 0),
        ({"phase": "body", "action": {"type": "drop_before_accept"}}, ["250", "250", "354", DEAD], 0),
        ({"phase": "body", "action": {"type": "drop_after_accept"}}, ["250", "250", "354", DEAD], 1),
        ({"phase": "body", "action": {"type": "delay", "delay_s": 0.05}}, ACCEPTED, 1),
        ({"phase": "rcpt", "action": {"type": "delay", "delay_s": 0.05}}, ACCEPTED, 1),
        ({"phase": "body", "match": "other@*", "action": {"type": "drop"}}, ACCEPTED, 1),
    ],
)
async def test_one_message_under_one_rule(
    rule: dict[str, object], heard: list[str], messages: int, desk: "Desk"
) -> None:
    await desk.obey(rule)

    assert await desk.send() == heard
    assert (await desk.summary())["messages"] == messages


async def test_a_late_drop_loses_the_answer_and_the_repeat_is_a_duplicate(desk: "Desk") -> None:
    await desk.obey({"phase": "body", "times": 1, "action": {"type": "drop_after_accept", "delay_s": 0.02}})
    content = "Message-ID: <1@x>\n\ny\n"

    assert (await desk.send(content=content))[-1] == DEAD
    assert (await desk.send(content=content)) == ACCEPTED

    summary = await desk.summary()
    assert (summary["messages"], summary["distinct"], summary["duplicates"]) == (2, 1, 1)
    assert summary["rules_applied"] == [1]


@pytest.mark.parametrize(("action", "messages"), [("stall", 0), ("stall_after_accept", 1)])
async def test_a_stalled_connection_stays_open_and_silent(action: str, messages: int, desk: "Desk") -> None:
    await desk.obey({"phase": "body", "action": {"type": action}})
    line = await desk.connect()

    line.say(b"MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nx\r\n.\r\nNOOP\r\n")

    assert await line.hear(3) == ["250", "250", "354"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.reader.read(1), 0.3)
    assert (await desk.summary())["messages"] == messages
    await line.hang_up()


async def test_down_means_refused_until_up_on_the_same_port(desk: "Desk") -> None:
    line = await desk.connect()
    port = desk.sandbox.smtp_port

    assert await desk.status("POST", "/api/smtp", {"down": True}) == 200

    assert await line.reader.read() == b""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    assert await desk.status("GET", "/ready") == 503
    assert await desk.status("POST", "/api/smtp", {"down": False}) == 200
    assert await desk.send() == ACCEPTED
    assert desk.sandbox.smtp_port == port
    await line.hang_up()


async def test_rules_of_a_file_apply_from_the_start(start: "Start", tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text('{"rules": [{"phase": "body", "times": 1, "action": {"type": "reply", "code": 452}}]}')
    desk = await start(rules_file=file)

    assert (await desk.send())[-1] == "452"
    assert (await desk.send())[-1] == "250"
    rules = await desk.json("/api/rules")
    assert await desk.status("PUT", "/api/rules", rules) == 200
    assert (await desk.send())[-1] == "452"
