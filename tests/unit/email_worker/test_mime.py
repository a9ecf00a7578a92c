"""The finished message: exactly our headers, exactly the words, whatever people write."""

import re
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from email_worker.mime import is_plain_address
from tests.support.emails import VALUES, an_alert, on_the_wire, part, read, unstuffed

HEADERS = [
    "From", "Reply-To", "Subject", "Date", "Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type", "To",
    "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post",
]  # fmt: skip

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
nasty = st.lists(
    st.sampled_from(
        ["\r\n", "\n", "\r", ".", "\x00", "<b>", "&amp;", "é", "😀", "=", "=2E", "\u2028", "\x85", " ", "\t", "a" * 75,
         "Bcc: x@y.example", "=?utf-8?q?=0d=0aBcc:_x?=", "--", ",", '"', "{{ name }}", "\ue000"]
    ),
    max_size=12,
).map("".join)  # fmt: skip
words = anything | nasty


@settings(deadline=None, max_examples=60)
@given(name=words, headline=words, description=words, agency=words, eight_bit=st.booleans())
def test_whatever_is_written_no_header_is_added_and_no_line_too_long(
    name: str, headline: str, description: str, agency: str, *, eight_bit: bool
) -> None:
    content = an_alert(headline=headline, description=description, agency_name=agency)

    wire = on_the_wire(content, values=VALUES._replace(name=name), eight_bit=eight_bit)

    message = read(wire)
    lines = wire.split(b"\r\n")
    assert message.keys() == HEADERS
    assert all(len(line) <= 998 for line in lines)
    assert [number for number, line in enumerate(lines) if line == b"."] == [len(lines) - 2]
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", wire)
    assert message["To"] == "ada@home.example"
    assert message["From"].addresses[0].addr_spec == "alerts@fire.example"
    assert message["Message-ID"] == "<m1@bounces.example>"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]


@settings(deadline=None, max_examples=60)
@given(name=words, eight_bit=st.booleans())
def test_a_name_is_read_as_it_was_written(name: str, *, eight_bit: bool) -> None:
    shown = re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", name)[:100]

    message = read(on_the_wire(an_alert(), values=VALUES._replace(name=name), eight_bit=eight_bit))

    assert part(message, "plain").split("\n")[0] == f"Dear {shown},"
    assert f"<p>Dear {escape(shown)},</p>" in part(message, "html")


LINES = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60), min_size=1, max_size=8
)


@settings(deadline=None, max_examples=40)
@given(lines=LINES, eight_bit=st.booleans())
def test_a_description_is_read_as_it_was_written(lines: list[str], *, eight_bit: bool) -> None:
    message = read(on_the_wire(an_alert(description="\n".join(lines)), eight_bit=eight_bit))

    assert "\nFlood\n\n" + "\n".join(lines) + "\n" in part(message, "plain")
    assert "<p>" + "<br>\n".join(map(_escaped, lines)) + "</p>" in part(message, "html")


def _escaped(line: str) -> str:
    return escape(line).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


@settings(deadline=None, max_examples=40)
@given(headline=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200))
def test_a_subject_is_read_as_it_was_written(headline: str) -> None:
    assert read(on_the_wire(an_alert(headline=headline)))["Subject"] == headline


@pytest.mark.parametrize(
    "smuggled", ["=?utf-8?q?=0d=0aBcc:_evil=40x.example?=", "=?utf-8?b?DQpCY2M6IGV2aWw=?="]
)
def test_an_encoded_newline_stays_in_its_header(smuggled: str) -> None:
    raw = unstuffed(on_the_wire(an_alert(headline=f"Flood {smuggled}", agency_name=f"Fire {smuggled}")))

    assert b"\r\nBcc" not in raw


@pytest.mark.parametrize("eight_bit", [True, False])
@pytest.mark.parametrize("length", [64, 67, 70, 75])
def test_a_dot_after_a_soft_break_is_kept(length: int, *, eight_bit: bool) -> None:
    values = VALUES._replace(name="a" * length + ".b", unsubscribe="https://" + "u" * length + ".example/u/T")

    message = read(on_the_wire(an_alert(), values=values, eight_bit=eight_bit))

    assert f"Dear {values.name}," in part(message, "plain")
    assert values.unsubscribe in part(message, "plain")
    assert values.unsubscribe in part(message, "html")


@pytest.mark.parametrize("eight_bit", [True, False])
def test_a_long_line_is_folded_at_its_spaces(*, eight_bit: bool) -> None:
    described = " ".join(["überflutet"] * 400)

    message = read(on_the_wire(an_alert(description=described), eight_bit=eight_bit))

    assert described in " ".join(part(message, "plain").split())


def test_a_long_word_loses_nothing_and_breaks_no_entity() -> None:
    address = "https://x.example/?" + "&".join(f"parameter{n}=value" for n in range(60))

    message = read(on_the_wire(an_alert(description=address)))

    assert address in part(message, "plain").replace("\n", "")
    assert escape(address) in part(message, "html").replace("<br>\n", "").replace("\n", "")
    assert not re.search(r"&[a-z]*\n", part(message, "html"))


def test_two_members_never_share_values() -> None:
    content = an_alert()
    other = VALUES._replace(
        to="bob@home.example", name="Bob", message_id="m2@b.example", unsubscribe="https://x/u/B"
    )

    first, second = on_the_wire(content), on_the_wire(content, values=other)

    assert not any(word in second for word in (b"Ada", b"ada@", b"m1@", b"TOKEN"))
    assert not any(word in first for word in (b"Bob", b"bob@", b"m2@", b"/u/B"))


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example>",
        "<a@b.example",
        "a b@c.example",
        "a@b.example\r\nRCPT TO:<x@y>",
        "a",
        "@",
        "ä@b.example",
        "",
    ],
)
def test_an_address_that_could_end_its_command_is_not_plain(address: str) -> None:
    assert not is_plain_address(address)


def test_usual_addresses_are_plain() -> None:
    assert all(
        is_plain_address(address) for address in ("a@b.example", "o'hara+x@b.example", "a.b@c.d.example")
    )
    assert not is_plain_address("a" * 300 + "@b.example")
