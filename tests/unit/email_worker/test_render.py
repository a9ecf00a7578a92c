"""Rendering: the right language, the marking of exercises, faults found once."""

import pytest

from email_worker.render import RenderingError, render
from tests.support.emails import an_alert, on_the_wire, part, read
from tocsin_runtime.wording import info_for

BLOCKS = {
    "status": "actual",
    "info": [
        {"language": "en-GB", "headline": "Flood", "description": "The river rises."},
        {"language": "pl", "headline": "Powódź", "description": "Rzeka wzbiera."},
        {"language": "ar", "headline": "فيضان", "description": "النهر يرتفع."},
    ],
}


@pytest.mark.parametrize(
    ("language", "headline"),
    [
        ("en-GB", "Flood"),
        ("EN-gb", "Flood"),
        ("en-US", "Flood"),
        ("pl-PL", "Powódź"),
        ("pl", "Powódź"),
        ("cy", "Flood"),
    ],
)
def test_a_member_reads_their_own_language_or_the_first(language: str, headline: str) -> None:
    assert info_for(BLOCKS, language=language)["headline"] == headline


def test_the_fixed_words_follow_the_language() -> None:
    message = read(on_the_wire(an_alert(body=BLOCKS), language="pl"))

    assert message["Content-Language"] == "pl"
    assert "Dzień dobry Ada," in part(message, "plain")


def test_a_language_written_from_the_right_says_so() -> None:
    message = read(on_the_wire(an_alert(body=BLOCKS), language="ar"))

    assert '<html lang="ar" dir="rtl">' in part(message, "html")


@pytest.mark.parametrize(
    ("status", "language", "mark"),
    [
        ("exercise", "en", "EXERCISE"),
        ("exercise", "pl", "ĆWICZENIA"),
        ("test", "en", "TEST"),
        ("exercise", "cy", "EXERCISE"),
    ],
)
def test_an_exercise_says_so_everywhere(status: str, language: str, mark: str) -> None:
    message = read(on_the_wire(an_alert(body={**BLOCKS, "status": status}), language=language))

    assert message["Subject"].startswith(f"{mark}: ")
    assert part(message, "plain").startswith(f"{mark}\n")
    assert f">{mark}</p>" in part(message, "html")


@pytest.mark.parametrize(
    ("message_type", "language", "mark"),
    [
        ("update", "en", "UPDATE"),
        ("update", "pl", "AKTUALIZACJA"),
        ("update", "ar", "UPDATE"),
        ("cancel", "en", "CANCELLED"),
        ("cancel", "pl", "ODWOŁANO"),
    ],
)
def test_what_corrects_or_calls_off_says_so_everywhere(message_type: str, language: str, mark: str) -> None:
    body = {**BLOCKS, "message_type": message_type}

    message = read(on_the_wire(an_alert(body=body), language=language))

    assert message["Subject"].startswith(f"{mark}: ")
    assert part(message, "plain").startswith(f"{mark}\n")
    assert f">{mark}</p>" in part(message, "html")


def test_an_update_of_an_exercise_says_both() -> None:
    body = {**BLOCKS, "status": "exercise", "message_type": "update"}

    message = read(on_the_wire(an_alert(body=body)))

    assert message["Subject"] == "EXERCISE: UPDATE: Flood"
    assert part(message, "plain").startswith("EXERCISE: UPDATE\n")


@pytest.mark.parametrize("body", [BLOCKS, {**BLOCKS, "message_type": "alert"}], ids=["before 0.2", "alert"])
def test_a_first_alert_carries_no_mark(body: dict[str, object]) -> None:
    assert read(on_the_wire(an_alert(body=body)))["Subject"] == "Flood"


def test_what_is_meant_carries_no_mark() -> None:
    message = read(on_the_wire(an_alert()))

    assert message["Subject"] == "Flood"
    assert part(message, "plain").startswith("Dear Ada,\n")


def test_every_optional_part_is_shown_where_it_is_given() -> None:
    content = an_alert(instruction="Go up.", web="https://fire.example/?a=1&b=2", contact="Ring 105")

    message = read(on_the_wire(content))

    for word in ("What to do\nGo up.", "More: https://fire.example/?a=1&b=2", "Contact: Ring 105"):
        assert word in part(message, "plain")
    assert '<a href="https://fire.example/?a=1&amp;b=2">' in part(message, "html")


def test_the_way_out_is_in_header_text_and_html() -> None:
    message = read(on_the_wire(an_alert()))

    assert message["List-Unsubscribe"] == "<https://alerts.example/u/TOKEN>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "To stop them: https://alerts.example/u/TOKEN" in part(message, "plain")
    assert '<a href="https://alerts.example/u/TOKEN">' in part(message, "html")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "actual", "info": []},
        {"status": "actual", "info": "x"},
        {"status": "actual", "info": [{"language": "en"}]},
        {"info": [{"language": "en", "headline": "x", "description": "y"}]},
        {"status": "actual", "info": [{"language": "en", "headline": "x", "description": None}]},
        {"status": "actual", "info": [{"language": None, "headline": "x", "description": "y"}]},
    ],
)
def test_content_that_cannot_be_rendered_is_one_kind_of_error(body: dict[str, object]) -> None:
    content = an_alert(body=body or {"nothing": 1})

    with pytest.raises(RenderingError):
        render(content, language="en")


def test_template_words_in_an_alert_stay_words() -> None:
    message = read(on_the_wire(an_alert(description="{{ name }} {% raw %}")))

    assert "{{ name }} {% raw %}" in part(message, "plain")


@pytest.mark.parametrize(
    ("language", "ask", "seen"),
    [
        ("en", "Please tell us that you have seen this:", "I have seen this"),
        ("cy", "Rhowch wybod i ni eich bod wedi gweld hyn:", "Rwyf wedi gweld hyn"),
        ("pl", "Prosimy o potwierdzenie, że wiadomość dotarła:", "Potwierdzam"),
    ],
)
@pytest.mark.parametrize("eight_bit", [True, False])
def test_who_is_asked_can_say_that_they_have_seen_it(
    language: str, ask: str, seen: str, *, eight_bit: bool
) -> None:
    info = [{"language": language, "headline": "Flood", "description": "The river rises."}]
    body = {"status": "actual", "info": info, "acknowledge": True}

    message = read(on_the_wire(an_alert(body=body), language=language, eight_bit=eight_bit))

    assert f"\n\n{ask} https://alerts.example/s/TOKEN\n\n" in part(message, "plain")
    assert f"{ask}<br>\n" in part(message, "html")
    assert '<a href="https://alerts.example/s/TOKEN"' in part(message, "html")
    assert f">{seen}</a>" in part(message, "html")


@pytest.mark.parametrize("asked", [{}, {"acknowledge": False}], ids=["before 0.4", "no"])
def test_who_is_not_asked_gets_no_link(asked: dict[str, bool]) -> None:
    message = read(on_the_wire(an_alert(body={**BLOCKS, **asked})))

    assert "/s/" not in part(message, "plain") + part(message, "html")
