"""Settings of the voice worker."""

import json
from datetime import timedelta

import pytest

from tests.support.sms_channels import notify, twilio
from tests.support.voice_channels import voice_settings
from tocsin_runtime.settings import read_settings
from voice_worker.settings import VoiceWorkerSettings

URL = "http://127.0.0.1:1"


def test_calls_leave_by_the_twilio_accounts_of_texts() -> None:
    settings = voice_settings(notify(URL), twilio(URL, name="one"), twilio(URL, name="two"))

    assert [account.name for account in settings.call_accounts] == ["one", "two"]


def test_calls_leave_by_their_own_accounts_where_there_are_any() -> None:
    settings = voice_settings(twilio(URL, name="texts"), voice_providers=[twilio(URL, name="calls")])

    assert [account.name for account in settings.call_accounts] == ["calls"]


def test_a_line_is_asked_after_when_most_calls_are_over_and_a_provider_is_late_when_all_are() -> None:
    settings = voice_settings(twilio(URL), voice_ring="PT40S", voice_longest="PT2M")

    assert timedelta(seconds=70) <= settings.line_asked_after <= timedelta(seconds=120)
    assert settings.line_lasts > timedelta(seconds=160)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOCSIN_VOICE_PROVIDERS", "[]"),
        ("TOCSIN_VOICE_PROVIDERS", json.dumps([notify(URL)])),
        ("TOCSIN_SMS_PROVIDERS", "[1]"),
        ("TOCSIN_VOICE_TIMEOUT", "PT0S"),
        ("TOCSIN_VOICE_RING", "PT1S"),
        ("TOCSIN_VOICE_COUNTRIES", '["XX"]'),
    ],
)
def test_a_bad_value_names_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit):
        read_settings(VoiceWorkerSettings)

    assert name in capsys.readouterr().err


def test_no_secret_is_shown() -> None:
    assert "hidden" not in repr(voice_settings(twilio(URL, auth_token="hidden-one")))
