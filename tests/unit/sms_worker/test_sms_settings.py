"""Settings of the SMS worker."""

import pytest

from sms_worker.settings import SmsWorkerSettings
from tests.support.sms_channels import notify, sms_settings, twilio
from tocsin_runtime.settings import read_settings

URL = "http://127.0.0.1:1"


def test_providers_keep_their_order() -> None:
    settings = sms_settings(notify(URL), twilio(URL))

    assert [account.name for account in settings.sms_providers] == ["notify", "twilio"]


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("TOCSIN_SMS_PROVIDERS", "[]", "TOCSIN_SMS_PROVIDERS"),
        ("TOCSIN_SMS_PROVIDERS", "twilio", "TOCSIN_SMS_PROVIDERS"),
        ("TOCSIN_SMS_TIMEOUT", "PT0S", "TOCSIN_SMS_TIMEOUT"),
        ("TOCSIN_SMS_MAX_PRICE", "-1", "TOCSIN_SMS_MAX_PRICE"),
        ("TOCSIN_SMS_COUNTRIES", '["XX"]', "TOCSIN_SMS_COUNTRIES"),
    ],
)
def test_a_bad_value_names_its_variable(
    name: str, value: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit):
        read_settings(SmsWorkerSettings)

    assert named in capsys.readouterr().err


def test_no_secret_is_shown() -> None:
    shown = repr(
        sms_settings(twilio(URL, auth_token="hidden-one"), notify(URL, callback_token="hidden-two-is-longer"))
    )

    assert "hidden" not in shown
