"""Relays and caps are read from the environment or a secret file; a bad one stops the start and is named."""

import json
from pathlib import Path

import pytest

from email_worker.settings import EmailSettings
from tocsin_runtime.settings import read_settings

RELAY = {"name": "a", "host": "mail.example"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE_URL": "postgresql://u:hidden@127.0.0.1/x",
        "SIGNING_KEY": "k" * 32,
        "PUBLIC_URL": "https://alerts.example/",
        "BOUNCE_DOMAIN": "bounces.example",
    }.items():
        monkeypatch.setenv(f"TOCSIN_{name}", value)
    for name in ("SMTP_HOST", "SMTP_RELAYS", "SMTP_DOMAIN_CAPS", "SECRETS_DIR"):
        monkeypatch.delenv(f"TOCSIN_{name}", raising=False)


def test_several_relays_need_no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**RELAY, "name": "b", "tls": "none", "weight": 3, "username": "u", "password": "rope"}
    monkeypatch.setenv("TOCSIN_SMTP_RELAYS", json.dumps([RELAY, more]))

    settings = read_settings(EmailSettings)

    assert [(one.name, one.port, one.tls, one.weight) for one in settings.smtp_relays] == [
        ("a", 587, "starttls", 1),
        ("b", 587, "none", 3),
    ]
    assert "rope" not in repr(settings)


def test_they_may_stand_in_a_secret_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tocsin_smtp_relays").write_text(json.dumps([RELAY]))
    monkeypatch.setenv("TOCSIN_SECRETS_DIR", str(tmp_path))

    assert read_settings(EmailSettings).smtp_relays[0].host == "mail.example"


def test_caps_are_read_by_domain_whatever_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SMTP_HOST", "mail.example")
    monkeypatch.setenv("TOCSIN_SMTP_DOMAIN_CAPS", '{"Gmail.com": {"connections": 20}, "*": {}}')

    assert set(read_settings(EmailSettings).smtp_domain_caps) == {"gmail.com", "*"}


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("SMTP_RELAYS", "[{", "TOCSIN_SMTP_RELAYS: "),
        ("SMTP_RELAYS", json.dumps([{**RELAY, "port": 0}]), "TOCSIN_SMTP_RELAYS_0_PORT: "),
        ("SMTP_RELAYS", json.dumps([RELAY, {"name": "b"}]), "TOCSIN_SMTP_RELAYS_1_HOST: "),
        ("SMTP_RELAYS", json.dumps([{**RELAY, "weight": 101}]), "TOCSIN_SMTP_RELAYS_0_WEIGHT: "),
        ("SMTP_RELAYS", json.dumps([{**RELAY, "hots": "x"}]), "TOCSIN_SMTP_RELAYS_0_HOTS: "),
        ("SMTP_RELAYS", json.dumps([RELAY, RELAY]), "TOCSIN_SMTP_RELAYS: "),
        ("SMTP_RELAYS", "[]", "TOCSIN_SMTP_HOST: Field required"),
        (
            "SMTP_DOMAIN_CAPS",
            '{"gmail.com": {"connections": 0}}',
            "TOCSIN_SMTP_DOMAIN_CAPS_GMAIL.COM_CONNECTIONS: ",
        ),
    ],
)
def test_a_bad_one_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, named: str
) -> None:
    if name != "SMTP_RELAYS":
        monkeypatch.setenv("TOCSIN_SMTP_HOST", "mail.example")
    monkeypatch.setenv(f"TOCSIN_{name}", value)

    with pytest.raises(SystemExit):
        read_settings(EmailSettings)

    assert capsys.readouterr().err.startswith(named)
