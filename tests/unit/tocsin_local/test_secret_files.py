"""What a stack's services and its sandbox are told of each other."""

from pathlib import Path

from pydantic import TypeAdapter

from tocsin_local.secret_files import create_secrets
from tocsin_providers.accounts import Accounts, NotifyAccount, TwilioAccount, base_of

PROVIDERS = "tocsin_sms_providers"


def test_services_are_told_what_the_sandbox_knows(tmp_path: Path) -> None:
    create_secrets(tmp_path, base_port=7300)

    twilio, notify = TypeAdapter(Accounts).validate_json((tmp_path / PROVIDERS).read_text())

    assert isinstance(twilio, TwilioAccount)
    assert isinstance(notify, NotifyAccount)
    assert base_of(twilio) == base_of(notify) == "http://127.0.0.1:7301"
    assert twilio.auth_token.get_secret_value() == (tmp_path / "tocsin_sandbox_twilio_auth_token").read_text()
    assert str(notify.service_id) == (tmp_path / "tocsin_sandbox_notify_service_id").read_text()


def test_accounts_are_drawn_once_a_stack_and_anew_for_another(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, one, other):
        folder.mkdir(exist_ok=True)
        create_secrets(folder, base_port=7300)

    before = (one / PROVIDERS).read_text()
    create_secrets(one, base_port=7340)

    assert (one / PROVIDERS).read_text() == before.replace(":7301", ":7341")
    assert (other / PROVIDERS).read_text() != before
