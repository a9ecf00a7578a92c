"""Settings: a bad one names its variable and stops the start."""

import pytest

from alert_api.settings import ApiSettings
from tocsin_runtime.settings import read_settings


def test_a_short_signing_key_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOCSIN_DATABASE_URL", "postgresql://127.0.0.1/x")
    monkeypatch.setenv("TOCSIN_SIGNING_KEY", "hunter2")

    with pytest.raises(SystemExit) as stopped:
        read_settings(ApiSettings)

    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("TOCSIN_SIGNING_KEY: ")
    assert "hunter2" not in told
