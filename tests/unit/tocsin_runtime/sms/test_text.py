"""What a text says: one for all who read a language."""

import pytest

from tocsin_runtime.sms.gsm7 import Encoding
from tocsin_runtime.sms.text import CompositionError, Text, compose


def _body(**info: str | None) -> dict[str, object]:
    said = {"language": "en-GB", "headline": "Flood on the Ribble", "description": "Keep away.", **info}
    return {"status": "actual", "info": [said]}


def _composed(
    body: dict[str, object], *, sms_from: str = "+447700900001", language: str = "en-GB", plain: bool = True
) -> Text:
    return compose(
        body, agency_name="Riverside Fire", sms_from=sms_from, language=language, replace_typography=plain
    )


def test_it_says_what_is_known_who_says_it_and_how_to_leave() -> None:
    body = _body(
        instruction="Go  uphill.\r\n\n\nTake others along.", web="https://a.example/1", contact="101"
    )

    text = _composed(body)

    assert text.body.splitlines() == [
        "Flood on the Ribble",
        "Keep away.",
        "Go uphill.",
        "Take others along.",
        "https://a.example/1",
        "Contact: 101",
        "From Riverside Fire",
        "Reply STOP to end",
    ]
    assert (text.encoding, text.segments) == (Encoding.GSM_7, 1)


def test_a_text_of_its_own_stands_for_all_that_a_long_email_says() -> None:
    text = _composed(_body(description="Long. " * 900, text="Leave Mill Road now."))

    assert text.body == "Leave Mill Road now.\nFrom Riverside Fire\nReply STOP to end"


@pytest.mark.parametrize(
    ("language", "asks"),
    [
        ("en-GB", "Reply YES to say you have seen this"),
        ("pl", "Potwierdzenie: odpisz OK"),
        ("cy", "Reply YES to say you have seen this"),
    ],
)
def test_a_text_that_asks_for_it_says_how_to_acknowledge_it(language: str, asks: str) -> None:
    body = {**_body(language=language), "acknowledge": True}

    *_, how, _ = _composed(body, language=language).body.splitlines()

    assert how == asks


@pytest.mark.parametrize(
    ("acknowledge", "sms_from"), [(False, "+447700900001"), (None, "+447700900001"), (True, "Riverside")]
)
def test_one_that_does_not_ask_or_cannot_be_answered_does_not(
    acknowledge: bool | None,  # noqa: FBT001
    sms_from: str,
) -> None:
    assert "YES" not in _composed({**_body(), "acknowledge": acknowledge}, sms_from=sms_from).body


@pytest.mark.parametrize("own", [None, "Leave Mill Road now."])
def test_an_exercise_says_so_first(own: str | None) -> None:
    text = _composed({**_body(text=own), "status": "exercise", "message_type": "update"})

    assert text.body.startswith("EXERCISE: UPDATE: ")


@pytest.mark.parametrize(
    ("sms_from", "answered"),
    [("+447700900001", True), ("MG" + "0" * 32, True), ("Riverside", False), ("MG Rescue", False)],
)
def test_only_a_sender_that_can_be_answered_offers_it(sms_from: str, answered: bool) -> None:  # noqa: FBT001
    assert ("STOP" in _composed(_body(), sms_from=sms_from).body) is answered


def test_each_language_has_its_own() -> None:
    english, polish = _body(), _body(language="pl", headline="Powódź", description="Nie wchodź.")
    body: dict[str, object] = {"status": "test", "info": [*_infos(english), *_infos(polish)]}

    text = _composed(body, language="pl-PL")

    assert text.body.splitlines() == [
        "TEST: Powódź",
        "Nie wchodź.",
        "Od: Riverside Fire",
        "Rezygnacja: odpisz STOP",
    ]
    assert (text.language, text.encoding) == ("pl", Encoding.UCS_2)
    assert text.costly.characters == ("ó", "ź")


def test_typography_is_plain_by_setting() -> None:
    body = _body(description="Don\u2019t wait… " + "a" * 20)

    plain, kept = _composed(body), _composed(body, plain=False)

    assert (plain.encoding, plain.replaced, plain.costly.characters) == (Encoding.GSM_7, ("\u2019", "…"), ())
    assert (kept.encoding, kept.replaced, kept.costly.characters) == (Encoding.UCS_2, (), ("\u2019", "…"))
    assert kept.costly.extra_segments == 1


def test_accents_are_one_with_their_letters() -> None:
    assert _composed(_body(description="Cafe\u0301")).encoding is Encoding.GSM_7


def test_what_is_approved_is_what_is_sent() -> None:
    first, again, other = _composed(_body()), _composed(_body()), _composed(_body(description="Go."))

    assert first.sha256 == again.sha256 != other.sha256
    assert len(first.sha256) == 64


def test_a_body_that_is_none_is_told_of_without_its_words() -> None:
    with pytest.raises(CompositionError, match=r"^KeyError$"):
        _composed({"status": "actual", "info": [{"language": "en"}]})


def _infos(body: dict[str, object]) -> list[dict[str, str]]:
    infos = body["info"]
    assert isinstance(infos, list)
    return infos
