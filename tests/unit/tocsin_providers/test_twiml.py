"""Documents that Twilio obeys in a call: whatever an alert says, it is said and never done."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_providers.twilio import twiml
from tocsin_runtime.voice.phrases import phrases_for
from tocsin_runtime.voice.script import Script, script
from tocsin_runtime.voice.settings import VOICES, Voice

ACTION = "https://alerts.example/calls/twilio/key?r=a.1.b&at=menu"
PHRASES = phrases_for("en", agency="Riverside Fire")
GREETING = "Hello. This is an automatic call from Riverside Fire."
BODY = {"status": "actual", "info": [{"language": "en-GB", "headline": "Flood", "description": "Keep away."}]}
FLOOD = script(BODY, language="en", agency="Riverside Fire")

Verb = tuple[str, object]


def read(document: str) -> list[Verb]:
    """The verbs of a document: what each says, asks or does."""
    return [_verb(each) for each in ET.fromstring(document)]  # noqa: S314 - our own


def _verb(verb: ET.Element) -> Verb:
    if verb.tag == "Gather":
        assert verb.attrib == {
            "action": ACTION,
            "finishOnKey": "",
            "input": "dtmf",
            "method": "POST",
            "numDigits": "1",
            "timeout": "5",
        }
        return "Gather", [_verb(each) for each in verb]
    if verb.tag == "Say":
        assert verb.attrib == {"language": "en-GB", "voice": "Polly.Amy"}
    return verb.tag, verb.text or verb.get("length")


def says(text: str) -> Verb:
    return "Say", text


def asks(*texts: str) -> Verb:
    return "Gather", [says(text) for text in texts]


END = [says("Goodbye."), ("Hangup", None)]


def test_a_person_hears_it_twice_and_can_press_a_key_at_any_time() -> None:
    document = read(twiml.person(FLOOD, voices=VOICES, action=ACTION))

    assert document == [
        asks(GREETING, "Flood. Keep away.", PHRASES.keys),
        asks("Here is the message again.", "Flood. Keep away.", PHRASES.keys),
        *END,
    ]


def test_whoever_asks_hears_it_again() -> None:
    document = read(twiml.repeated(FLOOD, voices=VOICES, action=ACTION))

    assert document == [asks("Flood. Keep away.", PHRASES.keys), *END]


def test_a_wrong_key_is_said_to_be_wrong_and_the_others_what_they_do() -> None:
    document = read(twiml.wrong_key(PHRASES, voices=VOICES, action=ACTION))

    assert document == [asks(f"That key does nothing here. {PHRASES.keys}"), *END]


def test_calls_are_stopped_by_a_second_key() -> None:
    document = read(twiml.confirm_stop(PHRASES, voices=VOICES, action=ACTION))

    assert document == [asks("To stop calls from Riverside Fire, press 9 again."), *END]


@pytest.mark.parametrize("document", [twiml.at_risk, twiml.wrong_key_at_risk])
def test_nobody_is_named_to_a_member_at_risk_before_a_key_was_pressed(document: Callable[..., str]) -> None:
    said = document(PHRASES, voices=VOICES, action=ACTION)

    assert "This is a message for you. Press 1 to hear it." in said
    assert not any(word in said for word in ("Riverside", "Flood", "Keep"))


def test_a_member_at_risk_is_asked_twice() -> None:
    hidden = asks("This is a message for you. Press 1 to hear it.")

    assert read(twiml.at_risk(PHRASES, voices=VOICES, action=ACTION)) == [hidden, hidden, *END]


def test_a_machine_hears_it_once_and_of_no_keys() -> None:
    document = read(twiml.machine(FLOOD, voices=VOICES))

    assert document == [("Pause", "1"), says(GREETING), says("Flood. Keep away."), ("Hangup", None)]


@pytest.mark.parametrize("last", [PHRASES.thanks, PHRASES.stopped, PHRASES.over, PHRASES.goodbye])
def test_the_last_word_ends_the_call(last: str) -> None:
    assert read(twiml.said_last(last, language="en", voices=VOICES)) == [says(last), ("Hangup", None)]


def test_a_call_that_must_wait_asks_again() -> None:
    held = read(twiml.hold(PHRASES, voices=VOICES, seconds=3, redirect=ACTION))
    silently = read(twiml.hold(None, voices=VOICES, seconds=3, redirect=ACTION))

    assert held == [says("One moment, please."), *silently]
    assert silently == [("Pause", "3"), ("Redirect", ACTION)]


def test_a_machine_that_is_to_be_left_alone_hears_nothing() -> None:
    assert read(twiml.hang_up()) == [("Hangup", None)]


def test_each_language_has_its_voice_and_what_frames_it_its_own() -> None:
    body = {"status": "actual", "info": [{"language": "ro", "headline": "Apă", "description": "Plecați."}]}
    romanian = script(body, language="ro", agency="Riverside Fire")
    voices = {**VOICES, "ro": Voice(name="Polly.Carmen", language="ro-RO")}

    document = ET.fromstring(twiml.machine(romanian, voices=voices))  # noqa: S314 - our own

    assert [(say.text, say.get("voice")) for say in document.iter("Say")] == [
        (GREETING, "Polly.Amy"),
        ("Apă. Plecați.", "Polly.Carmen"),
    ]


@given(message=st.text(), agency=st.text())
def test_whatever_an_alert_says_is_said_and_never_done(message: str, agency: str) -> None:
    spoken = Script("en", greeting=agency, message=message, phrases=phrases_for("en", agency=agency))

    for document in (
        twiml.person(spoken, voices=VOICES, action=ACTION),
        twiml.machine(spoken, voices=VOICES),
        twiml.confirm_stop(spoken.phrases, voices=VOICES, action=ACTION),
    ):
        verbs = list(ET.fromstring(document).iter())  # noqa: S314 - our own
        assert {verb.tag for verb in verbs} <= {"Response", "Gather", "Say", "Pause", "Hangup"}


@pytest.mark.parametrize("message", ["word, " * 2_000, "😀" * 3_000, "ŵ" * 5_000, "&" * 5_000, "x" * 5_000])
def test_nothing_is_too_long_to_be_said(message: str) -> None:
    spoken = Script("en", greeting="", message=message, phrases=PHRASES)

    said = [verb.text or "" for verb in ET.fromstring(twiml.machine(spoken, voices=VOICES)).iter("Say")]  # noqa: S314 - our own

    assert "".join("".join(said).split()) == "".join(message.split())
    assert all(len(quote_plus(piece)) <= 4_500 for piece in said)
    assert all(len(piece.encode()) <= 3_000 for piece in said)
