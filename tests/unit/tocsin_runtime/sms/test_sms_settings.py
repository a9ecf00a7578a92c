"""Settings of texts: a bad one names its variable."""

from decimal import Decimal

import pytest

from tocsin_runtime.settings import read_settings
from tocsin_runtime.sms.settings import SmsSettings


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SmsSettings.model_fields:
        monkeypatch.delenv(f"TOCSIN_{name.upper()}", raising=False)
    monkeypatch.delenv("TOCSIN_SECRETS_DIR", raising=False)
    monkeypatch.setenv("TOCSIN_DATABASE_URL", "postgresql://u:hidden@127.0.0.1/x")


def test_texts_stay_in_one_country_by_default() -> None:
    settings = read_settings(SmsSettings)

    assert settings.sms_countries == {"GB"}
    assert (settings.sms_prices, settings.sms_currency, settings.sms_replace_typography) == ({}, "GBP", True)


def test_countries_and_prices_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SMS_COUNTRIES", '["GB", "IE"]')
    monkeypatch.setenv("TOCSIN_SMS_PRICES", '{"GB": "0.0463"}')

    settings = read_settings(SmsSettings)

    assert settings.sms_countries == {"GB", "IE"}
    assert settings.sms_prices == {"GB": Decimal("0.0463")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOCSIN_SMS_COUNTRIES", '["UK"]'),
        ("TOCSIN_SMS_COUNTRIES", "GB"),
        ("TOCSIN_SMS_PRICES", '{"GB": "-1"}'),
        ("TOCSIN_SMS_PRICES", '{"Britain": "0.04"}'),
        ("TOCSIN_SMS_CURRENCY", "pounds"),
        ("TOCSIN_SMS_REPLACE_TYPOGRAPHY", "perhaps"),
    ],
)
def test_a_bad_value_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit):
        read_settings(SmsSettings)

    assert capsys.readouterr().err.startswith(name)
