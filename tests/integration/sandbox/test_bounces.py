"""What comes back after a message was accepted."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.eventually import eventually

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk, Start

CONTENT = "Message-ID: <1@x>\nSubject: Flood\n\nThe river rises.\n"


def bounce(style: str = "dsn", **values: object) -> dict[str, object]:
    """A rule for whoever is gone."""
    action = {"type": "bounce", "style": style, **values}
    return {"phase": "bounce", "match": "gone@*", "action": action}


@pytest.fixture
async def pair(start: "Start", tmp_path: Path) -> tuple["Desk", "Desk"]:
    """A sandbox that bounces, and the one that takes its bounces."""
    taking = await start(data_dir=tmp_path / "taking")
    bouncing = await start(bounce_port=taking.sandbox.smtp_port)
    return bouncing, taking


async def counted(desk: "Desk", **counts: int) -> None:
    """Return when the bounces are counted so."""

    async def look() -> bool:
        return (await desk.summary())["bounces"] == {"sent": 0, "refused": 0, "waiting": 0, **counts}

    await eventually(look)


@pytest.mark.parametrize(
    ("style", "says"),
    [
        ("dsn", ["Action: failed", "Status: 5.1.1", "Final-Recipient: rfc822; gone@b.example"]),
        ("qmail", ["This is the qmail-send program", "(#5.1.1)"]),
        ("complaint", ["Feedback-Type: abuse", "Original-Mail-From: <p@b.example>"]),
    ],
)
async def test_it_goes_from_nobody_to_the_sender(
    pair: tuple["Desk", "Desk"], style: str, says: list[str]
) -> None:
    bouncing, taking = pair
    await bouncing.obey(bounce(style))

    assert (await bouncing.send("gone@b.example", content=CONTENT))[-1] == "250"
    await counted(bouncing, sent=1)

    (row,) = (await taking.json("/api/messages"))["items"]
    source = await taking.text(f"/api/messages/{row['number']}/source")
    assert (row["sender"], row["recipients"]) == ("", ["p@b.example"])
    assert [each for each in [*says, "Subject: Flood"] if each not in source] == []
    assert "The river rises." not in source


async def test_others_do_not_bounce(pair: tuple["Desk", "Desk"]) -> None:
    bouncing, taking = pair
    await bouncing.obey(bounce())

    await bouncing.send("here@b.example", content=CONTENT)
    await bouncing.send("gone@b.example", content=CONTENT)
    await counted(bouncing, sent=1)

    assert (await taking.summary())["messages"] == 1


async def test_a_bounce_never_bounces(pair: tuple["Desk", "Desk"]) -> None:
    bouncing, _ = pair
    await bouncing.obey(bounce())
    line = await bouncing.connect()

    line.say(b"MAIL FROM:<>\r\nRCPT TO:<gone@b.example>\r\nDATA\r\nx\r\n.\r\n")

    assert await line.hear(4) == ["250", "250", "354", "250"]
    assert (await bouncing.summary())["rules_applied"] == [0]
    await line.hang_up()


async def test_it_waits_while_nobody_takes_it(pair: tuple["Desk", "Desk"]) -> None:
    bouncing, taking = pair
    await bouncing.obey(bounce())
    await taking.status("POST", "/api/smtp", {"down": True})

    await bouncing.send("gone@b.example", content=CONTENT)
    await counted(bouncing, waiting=1)
    await taking.status("POST", "/api/smtp", {"down": False})
    await counted(bouncing, sent=1)


@pytest.mark.parametrize(("code", "counts"), [(450, {"sent": 1}), (550, {"refused": 1})])
async def test_it_tries_again_unless_refused_for_good(
    pair: tuple["Desk", "Desk"], code: int, counts: dict[str, int]
) -> None:
    bouncing, taking = pair
    await bouncing.obey(bounce())
    await taking.obey({"phase": "rcpt", "times": 1, "action": {"type": "reply", "code": code}})

    await bouncing.send("gone@b.example", content=CONTENT)

    await counted(bouncing, **counts)


async def test_a_message_accepted_without_an_answer_bounces_too(pair: tuple["Desk", "Desk"]) -> None:
    bouncing, _ = pair
    await bouncing.obey({"phase": "body", "action": {"type": "drop_after_accept"}}, bounce())

    assert (await bouncing.send("gone@b.example", content=CONTENT))[-1] == ""

    await counted(bouncing, sent=1)
