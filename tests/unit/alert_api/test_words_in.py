"""A word is one however it is written; what says more than the word is a reply."""

import pytest

from alert_api.words_in import Meaning, meaning_of
from tocsin_runtime.sms.wording import wording_of


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        ("STOP", Meaning.STOP),
        ("stop", Meaning.STOP),
        (" Stop! ", Meaning.STOP),
        ("S.T.O.P.", Meaning.STOP),
        ("STOP ALL", Meaning.STOP),
        ("stopall", Meaning.STOP),
        ("Unsubscribe.", Meaning.STOP),
        ("end", Meaning.STOP),
        ("QUIT", Meaning.STOP),
        ("cancel\n", Meaning.STOP),
        ("Revoke", Meaning.STOP),
        ("opt-out", Meaning.STOP),
        ("\uff33\uff34\uff2f\uff30", Meaning.STOP),
        ("START", Meaning.START),
        ("unstop", Meaning.START),
        ("Help?", Meaning.HELP),
        ("INFO", Meaning.HELP),
        ("1", Meaning.ACKNOWLEDGEMENT),
        ("Yes!", Meaning.ACKNOWLEDGEMENT),
        ("y", Meaning.ACKNOWLEDGEMENT),
        ("ok.", Meaning.ACKNOWLEDGEMENT),
        ("Okay", Meaning.ACKNOWLEDGEMENT),
        ("please stop the noise", Meaning.TEXT),
        ("stop it", Meaning.TEXT),
        ("the end", Meaning.TEXT),
        ("help me", Meaning.TEXT),
        ("11", Meaning.TEXT),
        ("", Meaning.TEXT),
        ("👍", Meaning.TEXT),
    ],
)
def test_what_is_meant(body: str, meaning: Meaning) -> None:
    assert meaning_of(body) is meaning


@pytest.mark.parametrize("language", ["en", "pl"])
def test_what_texts_ask_people_to_reply_is_understood(language: str) -> None:
    words = wording_of(language)

    asked = [[word for word in said.split() if word.isupper()] for said in (words.acknowledge, words.leave)]

    assert [[meaning_of(word) for word in each] for each in asked] == [
        [Meaning.ACKNOWLEDGEMENT],
        [Meaning.STOP],
    ]
