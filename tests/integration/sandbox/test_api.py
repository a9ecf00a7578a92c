"""The JSON API and the page."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk, Start

HTML = (
    "Message-ID: <%d@x>\nSubject: <b>Flood</b> %d\nContent-Type: text/html; charset=utf-8\n\n"
    "<p>Go<script>x()</script></p>\n"
)


async def test_the_summary_counts(desk: "Desk") -> None:
    await desk.send(content="Message-ID: <1@x>\n\na\n")
    await desk.send(content="Message-ID: <1@x>\n\na\n")
    await desk.send(content="no id\n\na\n")

    assert await desk.summary() == {
        "messages": 3,
        "distinct": 1,
        "duplicates": 1,
        "without_message_id": 1,
        "kept": 3,
        "refused": {},
        "bytes": 24 + 24 + 12,
        "last_number": 3,
        "rules_applied": [],
        "bounces": {"sent": 0, "refused": 0, "waiting": 0},
    }


async def test_messages_and_ids_come_in_pages(desk: "Desk") -> None:
    for number in range(1, 6):
        await desk.send(f"r{number}@b.example", content=HTML % (number, number))

    newest = await desk.json("/api/messages?limit=2")
    older = await desk.json(f"/api/messages?limit=9&after={newest['next']}")
    some = await desk.json("/api/messages?to=R3@&subject=flood")
    ids = await desk.json("/api/message-ids?after=1&limit=3")

    assert [row["number"] for row in newest["items"]] == [5, 4]
    assert [row["number"] for row in older["items"]] == [3, 2, 1]
    assert older["next"] is None
    assert [row["number"] for row in some["items"]] == [3]
    assert ids == {"items": [{"number": n, "message_id": f"<{n}@x>"} for n in (2, 3, 4)], "next": 4}


async def test_a_message_in_every_form(desk: "Desk") -> None:
    await desk.send(content=HTML % (1, 1))

    async with desk.http.get("/api/messages/1/source") as source:
        assert source.content_type == "message/rfc822"
        assert (await source.read()).startswith(b"Message-ID: <1@x>\r\n")
    async with desk.http.get("/api/messages/1/html") as html:
        assert html.headers["Content-Security-Policy"].startswith("sandbox ")
        assert "allow-scripts" not in html.headers["Content-Security-Policy"]
        assert "<p>Go" in await html.text()


@pytest.mark.parametrize(
    "path", ["/api/messages/7", "/api/messages/7/source", "/api/messages/7/html", "/messages/7"]
)
async def test_what_is_not_kept_is_not_found(path: str, desk: "Desk") -> None:
    assert await desk.status("GET", path) == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/api/rules", {"rules": [], "extra": 1}),
        ("POST", "/api/smtp", {"down": True, "extra": 1}),
        ("GET", "/api/messages?sort=size", None),
        ("GET", "/api/message-ids?limit=50001", None),
        ("GET", "/api/messages/0", None),
    ],
)
async def test_what_is_unknown_or_out_of_bounds_is_refused(
    method: str, path: str, body: dict[str, object] | None, desk: "Desk"
) -> None:
    assert await desk.status(method, path, body) == 422


async def test_emptying_forgets_all_and_numbers_go_on(desk: "Desk") -> None:
    await desk.send()

    assert await desk.status("DELETE", "/api/messages") == 204

    await desk.send()
    summary = await desk.summary()
    assert (summary["messages"], summary["last_number"]) == (1, 2)
    ids = await desk.json("/api/message-ids")
    assert ids["items"] == [{"number": 2, "message_id": None}]


@pytest.mark.parametrize("tab", ["text", "html", "source", "headers"])
async def test_the_page_shows_a_message_and_escapes_it(tab: str, desk: "Desk") -> None:
    await desk.send(content=HTML % (1, 1))

    async with desk.http.get(f"/messages/1?tab={tab}") as answer:
        page = await answer.text()

    assert answer.status == 200
    assert "&lt;b&gt;Flood&lt;/b&gt; 1" in page
    assert "<b>Flood" not in page
    assert "x()</script>" not in page
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "r@b.example"),
        ("/?q=flood", "r@b.example"),
        ("/?q=nothing+like+it", "No kept message mentions"),
        ("/static/inbox.css", "prefers-color-scheme"),
        ("/static/inbox.js", "keepFresh"),
        ("/health", "ok"),
        ("/ready", "true"),
    ],
)
async def test_a_path_answers(path: str, expected: str, desk: "Desk") -> None:
    await desk.send("r@b.example", content=HTML % (1, 1))

    assert expected in await desk.text(path)


async def test_an_empty_inbox_says_so(start: "Start") -> None:
    desk = await start(keep_messages=0)
    empty = await desk.text("/")
    await desk.send()
    counted = await desk.text("/")

    assert "Nothing has arrived yet" in empty
    assert "none of them is kept" in counted
