"""Settings of calls: a bad one names its variable."""

from datetime import timedelta

import pytest

from tocsin_runtime.settings import read_settings
from tocsin_runtime.voice.settings import VOICES, Voice, VoiceSettings, voice_of


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VoiceSettings.model_fields:
        monkeypatch.delenv(f"TOCSIN_{name.upper()}", raising=False)
    monkeypatch.delenv("TOCSIN_SECRETS_DIR", raising=False)
    monkeypatch.setenv("TOCSIN_DATABASE_URL", "postgresql://u:hidden@127.0.0.1/x")


def test_it_rings_for_half_a_minute_and_speaks_in_the_voices_we_know() -> None:
    settings = read_settings(VoiceSettings)

    assert settings.voice_ring == timedelta(seconds=30)
    assert settings.voice_longest == timedelta(seconds=180)
    assert settings.voice_machine_detection == timedelta(seconds=10)
    assert settings.voice_voices == VOICES


def test_a_voice_that_is_named_stands_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_VOICE_VOICES", '{"en": {"name": "Polly.Brian", "language": "en-GB"}}')

    voices = read_settings(VoiceSettings).voice_voices

    assert voice_of("en-IE", voices=voices) == Voice(name="Polly.Brian", language="en-GB")
    assert voice_of("cy", voices=voices).language == "cy-GB"


def test_a_language_that_nobody_speaks_is_read_in_english() -> None:
    assert voice_of("xx", voices=VOICES).language == "en-GB"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOCSIN_VOICE_RING", "1"),
        ("TOCSIN_VOICE_LONGEST", "P1D"),
        ("TOCSIN_VOICE_MACHINE_DETECTION", "PT60S"),
        ("TOCSIN_VOICE_VOICES", "Amy"),
        ("TOCSIN_VOICE_VOICES", '{"en-GB": {"name": "Polly.Amy", "language": "en-GB"}}'),
        ("TOCSIN_VOICE_VOICES", '{"en": {"name": "<Say>", "language": "en-GB"}}'),
        ("TOCSIN_VOICE_VOICES", '{"en": {"name": "Polly.Amy", "language": "English"}}'),
    ],
)
def test_a_bad_value_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit):
        read_settings(VoiceSettings)

    assert capsys.readouterr().err.startswith(name)
