"""Calls leave by the accounts of texts that can call, unless others are named."""

import json

import pytest

from tocsin_providers.voice_settings import VoiceProviderSettings
from tocsin_runtime.settings import read_settings

TWILIO = {"name": "twilio", "kind": "twilio", "account_sid": "AC" + "0" * 32, "auth_token": "t"}
OTHER = {**TWILIO, "name": "calls", "account_sid": "AC" + "1" * 32}
NOTIFY = {
    "name": "notify",
    "kind": "notify",
    "service_id": "00000000-0000-0000-0000-000000000001",
    "api_key": "00000000-0000-0000-0000-000000000002",
    "template_id": "00000000-0000-0000-0000-000000000003",
    "callback_token": "sixteen letters.",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VoiceProviderSettings.model_fields:
        monkeypatch.delenv(f"TOCSIN_{name.upper()}", raising=False)
    monkeypatch.delenv("TOCSIN_SECRETS_DIR", raising=False)
    monkeypatch.setenv("TOCSIN_DATABASE_URL", "postgresql://u:hidden@127.0.0.1/x")
    monkeypatch.setenv("TOCSIN_SMS_PROVIDERS", json.dumps([NOTIFY, TWILIO]))


def test_accounts_of_texts_make_calls_where_they_can() -> None:
    settings = read_settings(VoiceProviderSettings)

    assert [account.name for account in settings.call_accounts] == ["twilio"]


def test_others_are_named_in_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_VOICE_PROVIDERS", json.dumps([OTHER]))

    settings = read_settings(VoiceProviderSettings)

    assert [account.name for account in settings.call_accounts] == ["calls"]


@pytest.mark.parametrize("accounts", [[NOTIFY], [OTHER, OTHER]])
def test_what_cannot_call_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], accounts: list[object]
) -> None:
    monkeypatch.setenv("TOCSIN_VOICE_PROVIDERS", json.dumps(accounts))

    with pytest.raises(SystemExit):
        read_settings(VoiceProviderSettings)

    assert capsys.readouterr().err.startswith("TOCSIN_VOICE_PROVIDERS")
