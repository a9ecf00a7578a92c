"""What is counted, what is kept, and what a restart finds."""

from pathlib import Path

import pytest

from tocsin_sandbox.inbox.listing import Listing, Search
from tocsin_sandbox.inbox.parsed import parsed, readable
from tocsin_sandbox.mailbox.mailbox import Mailbox
from tocsin_sandbox.mailbox.received import Received, message_id_of


def a_message(number: int, *, message_id: str = "", text: str = "Lock your doors") -> Received:
    """A message whose subject is its number."""
    identity = f"Message-ID: {message_id}\r\n" if message_id else ""
    content = f"Subject: Alert {number}\r\n{identity}From: Police <p@b.example>\r\n\r\n{text}\r\n"
    return Received(
        b"p@b.example",
        (b"r%d@c.example" % number, b"copy@c.example"),
        content.encode(),
        begun=1_700_000_000.25,
    )


def a_mailbox(folder: Path, *, keep_messages: int = 3, keep_bytes: int = 10_000) -> Mailbox:
    return Mailbox(folder, keep_messages=keep_messages, keep_bytes=keep_bytes)


async def deliver(mailbox: Mailbox, *messages: Received) -> list[int | None]:
    """The numbers they were given."""
    numbers: list[int | None] = []
    for message in messages:
        mailbox.accept(message, done=numbers.append)
    mailbox.write()
    return numbers


def copy_with_torn_ends(source: Path, target: Path) -> Path:
    """What a crash in the middle of the next write leaves."""
    target.mkdir()
    for path in source.iterdir():
        torn = b"torn" if path.suffix in {".log", ".seg"} else b""
        (target / path.name).write_bytes(path.read_bytes() + torn)
    return target


def size_of_segments(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.seg"))


async def test_counts_and_the_newest_messages_outlive_a_restart(tmp_path: Path) -> None:
    before = a_mailbox(tmp_path)
    numbers = await deliver(before, *(a_message(one, message_id=f"<{one % 4}@x>") for one in range(1, 9)))
    await deliver(before, a_message(9))
    before.refuse("rcpt", code="550")
    before.close()

    after = a_mailbox(tmp_path)

    assert numbers == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (after.counts.messages, after.counts.distinct, after.counts.duplicates) == (9, 4, 4)
    assert after.counts.without_message_id == 1
    assert after.refused() == {"rcpt": {"550": 1}}
    assert [kept.number for kept in after.newest_first()] == [9, 8, 7]
    assert after.newest_first()[0].content() == a_message(9).content
    assert after.newest_first()[0].recipients == a_message(9).recipients
    after.close()


async def test_what_was_said_to_be_recorded_survives_a_kill(tmp_path: Path) -> None:
    killed = a_mailbox(tmp_path / "killed")
    await deliver(killed, a_message(1, message_id="<1@x>"))

    copy = copy_with_torn_ends(tmp_path / "killed", tmp_path / "copy")
    found = a_mailbox(copy)

    assert found.counts.messages == 1
    assert [kept.number for kept in found.newest_first()] == [1]
    assert await deliver(found, a_message(2)) == [2]
    found.close()
    again = a_mailbox(copy)
    assert again.counts.messages == 2
    again.close()
    killed.close()


async def test_the_log_tells_when_the_envelope_began_and_lines_without_it_still_count(tmp_path: Path) -> None:
    (tmp_path / "accept.log").write_bytes(b"1700000000.000000\t<1@x>\tp@b.example\tr@c.example\t80\t1\n")
    mailbox = a_mailbox(tmp_path)

    await deliver(mailbox, a_message(2, message_id="<2@x>"))
    mailbox.close()
    last = (tmp_path / "accept.log").read_bytes().splitlines()[-1].split(b"\t")
    again = a_mailbox(tmp_path)

    assert (last[1], last[5:]) == (b"<2@x>", [b"2", b"1700000000.250000"])
    assert again.counts.ids(after=0, limit=10) == (1, [b"<1@x>", b"<2@x>"])
    again.close()


async def test_emptied_means_gone_and_numbers_go_on(tmp_path: Path) -> None:
    mailbox = a_mailbox(tmp_path)
    await deliver(mailbox, a_message(1), a_message(2))
    mailbox.refuse("mail", code="451")

    mailbox.empty()

    assert (mailbox.counts.messages, mailbox.kept, mailbox.refused()) == (0, 0, {})
    mailbox.close()
    again = a_mailbox(tmp_path)
    assert await deliver(again, a_message(3, message_id="<3@x>")) == [3]
    assert again.counts.ids(after=0, limit=10) == (3, [b"<3@x>"])
    again.close()


async def test_bytes_are_bounded_in_the_index_and_on_the_disk(tmp_path: Path) -> None:
    mailbox = a_mailbox(tmp_path, keep_messages=100, keep_bytes=2_000)
    for number in range(60):
        await deliver(mailbox, a_message(number, text="x" * 300))

    kept = mailbox.newest_first()

    assert 0 < sum(one.size for one in kept) <= 2_000
    assert all(one.content().startswith(b"Subject: Alert") for one in kept)
    assert size_of_segments(tmp_path) < 3 * 2_000
    mailbox.close()


@pytest.mark.parametrize("keep", [0, 1])
async def test_little_may_be_kept(keep: int, tmp_path: Path) -> None:
    mailbox = a_mailbox(tmp_path, keep_messages=keep)

    await deliver(mailbox, a_message(1), a_message(2))

    assert (mailbox.counts.messages, mailbox.kept) == (2, keep)
    mailbox.close()


def test_a_folder_belongs_to_one_mailbox(tmp_path: Path) -> None:
    mailbox = a_mailbox(tmp_path)

    with pytest.raises(BlockingIOError):
        a_mailbox(tmp_path)

    mailbox.close()


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"Message-ID: <1@x>\r\nA: b\r\n\r\nbody", b"<1@x>"),
        (b"A: b\r\nmessage-id:\r\n <1@x>\r\n\r\nbody", b"<1@x>"),
        (b"A: b\r\n\tMessage-ID: no\r\n\r\nMessage-ID: <body@x>\r\n", b""),
        (b"X-Message-ID: <1@x>\r\n\r\n", b""),
        (b"Message-ID: <1\t2@x>", b"<12@x>"),
        (b"Message-ID:\r\n\r\n", b""),
        (b"", b""),
    ],
)
def test_the_message_id_is_read_from_the_headers_alone(head: bytes, expected: bytes) -> None:
    assert message_id_of(head) == expected


async def test_a_list_is_searched_and_paged_newest_first(tmp_path: Path) -> None:
    mailbox = a_mailbox(tmp_path, keep_messages=50)
    await deliver(mailbox, *(a_message(number) for number in range(1, 21)))
    listing = Listing(mailbox)

    first, following = listing.page(Search(subject="ALERT 1"), before=None, limit=4)
    second, end = listing.page(Search(subject="alert 1"), before=following, limit=50)
    one, _ = listing.page(Search(to="R7@"), before=None, limit=50)
    anything, _ = listing.page(Search(anything="police"), before=3, limit=50)

    assert [row.number for row in first] == [19, 18, 17, 16]
    assert [row.number for row in second] == [15, 14, 13, 12, 11, 10, 1]
    assert end is None
    assert [row.number for row in one] == [7]
    assert [row.number for row in anything] == [2, 1]
    mailbox.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no headers at all",
        b"Subject: =?x-unknown?B?!!!?=\r\nContent-Type: text/plain; charset=x-unknown\r\n\r\n\xff",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>x</b>",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"From: \xc3\xa4 <a@b>\r\n\r\n",
    ],
)
def test_a_broken_message_is_shown_all_the_same(content: bytes) -> None:
    read = parsed(content)

    assert isinstance(read.text + read.html, str)


def test_encoded_words_are_decoded_and_folds_undone() -> None:
    assert readable("=?utf-8?q?Hochwasser_in_K=C3=B6ln?=\r\n now") == "Hochwasser in Köln now"
