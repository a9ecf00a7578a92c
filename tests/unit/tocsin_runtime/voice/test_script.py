"""What a call says: one script for all who hear a language."""

from dataclasses import asdict

import pytest

from tocsin_runtime.voice.phrases import BY_LANGUAGE, phrases_for, phrases_of
from tocsin_runtime.voice.script import LONGEST, Script, ScriptError, script


def _body(*, status: str = "actual", message_type: str = "alert", **info: str | None) -> dict[str, object]:
    said = {"language": "en-GB", "headline": "Flood on the Ribble", "description": "Keep away.", **info}
    return {"status": status, "message_type": message_type, "info": [said]}


def _script(body: dict[str, object], *, language: str = "en-GB") -> Script:
    return script(body, language=language, agency="Riverside Fire & Rescue")


def test_it_says_who_calls_what_is_known_and_what_the_keys_do() -> None:
    body = _body(instruction="Leave by 14:30.\nTake others along.", web="https://a.example/1", contact="101")

    said = _script(body).said

    assert said == (
        "Hello. This is an automatic call from Riverside Fire and Rescue.",
        "Flood on the Ribble. Keep away. Leave by 2 30 pm. Take others along. Contact: 1 0 1.",
        "Press 1 to say that you have heard this message. Press 2 to hear it again. Press 9 to stop these calls.",
    )


def test_each_language_has_its_own() -> None:
    body = _body(language="cy", headline="Llifogydd", description="Ewch cyn 14:30.", contact="101")

    spoken = _script(body, language="cy-GB")

    assert spoken.greeting == "Helô. Galwad awtomatig gan Riverside Fire a Rescue yw hon."
    assert spoken.message == "Llifogydd. Ewch cyn 2 30 y prynhawn. Cysylltwch â: 1 0 1."
    assert (spoken.language, spoken.phrases.language) == ("cy", "cy")


def test_a_language_that_we_have_no_words_in_is_framed_in_english() -> None:
    spoken = _script(_body(language="ro", headline="Inundație", description="Plecați."))

    assert (spoken.language, spoken.phrases.language) == ("ro", "en")
    assert spoken.message == "Inundație. Plecați."


def test_an_exercise_says_so_first() -> None:
    spoken = _script(_body(status="exercise", message_type="update"))

    assert spoken.greeting.startswith("This is an exercise. This corrects an earlier message. Hello.")


def test_a_text_of_its_own_stands_for_all_that_a_long_email_says() -> None:
    assert _script(_body(description="Long. " * 900, text="Leave now.")).message == "Leave now."


def test_what_is_too_much_for_a_call_is_left_out_and_said_to_be() -> None:
    spoken = _script(_body(description="Long. " * 900, instruction="Leave now."))

    assert spoken.message == "Flood on the Ribble. Leave now. The whole message is longer than a call."


@pytest.mark.parametrize("long", ["A sentence here. " * 400, "word " * 4_000, "x" * 20_000])
def test_even_what_is_to_be_done_ends_somewhere(long: str) -> None:
    spoken = _script(_body(text=long))

    assert len(spoken.message) < LONGEST + 100
    assert spoken.message.endswith("The whole message is longer than a call.")
    assert "sentence here. The" in spoken.message or "sentence" not in long


@pytest.mark.parametrize("body", [{"status": "actual", "info": [{"language": "en"}]}, {"info": []}, {}])
def test_a_body_that_is_none_is_told_of_without_its_words(body: dict[str, object]) -> None:
    with pytest.raises(ScriptError, match=r"^(Key|Type)Error$"):
        _script(body)


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_every_language_says_everything_and_names_the_agency_where_it_must(language: str) -> None:
    phrases = phrases_for(language, agency="Riverside Fire")

    named = {name for name, said in asdict(phrases).items() if "Riverside Fire" in said}
    assert named == {"greeting", "confirm_stop", "stopped"}
    assert all(asdict(phrases).values())
    assert not any("{" in str(said) for said in asdict(phrases).values() if isinstance(said, str))
    assert {"exercise", "test", "update", "cancel"} == set(phrases.marks)
    assert all(key in phrases.keys for key in "129")
    assert "1" in phrases.hidden
    assert "9" in phrases.confirm_stop


def test_what_needs_no_alert_is_had_by_language() -> None:
    assert phrases_of("cy-GB").goodbye == "Hwyl fawr."
    assert phrases_of("xx").goodbye == "Goodbye."
