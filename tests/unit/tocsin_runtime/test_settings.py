"""Settings: from the environment and from secret files; a bad one names its variable."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, SecretStr

from tocsin_runtime.settings import Settings, read_settings


class Example(Settings):
    """What a service might need."""

    window: Annotated[int, Field(ge=1)] = 5
    lanes: tuple[str, ...] = ()
    smtp_password: SecretStr | None = None


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOCSIN_WINDOW", "TOCSIN_LANES", "TOCSIN_SECRETS_DIR", "TOCSIN_SMTP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOCSIN_DATABASE_URL", "postgresql://u:hidden@127.0.0.1/x")


def test_the_defaults_work() -> None:
    settings = read_settings(Example)

    assert (settings.window, settings.health_host, settings.health_port) == (5, "127.0.0.1", 0)
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOCSIN_WINDOW", "many-secrets"),
        ("TOCSIN_WINDOW", "0"),
        ("TOCSIN_HEALTH_PORT", "70000"),
        ("TOCSIN_LANES", "urgent-secrets"),
    ],
)
def test_a_bad_value_names_its_variable_and_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as raised:
        read_settings(Example)

    said = capsys.readouterr().err
    assert raised.value.code == 2
    assert said.startswith(f"{name}: ")
    assert "secrets" not in said


def test_a_missing_value_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TOCSIN_DATABASE_URL")

    with pytest.raises(SystemExit):
        read_settings(Example)

    assert capsys.readouterr().err == "TOCSIN_DATABASE_URL: Field required\n"


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tocsin_smtp_password").write_text("from a file\n")
    monkeypatch.setenv("TOCSIN_SECRETS_DIR", str(tmp_path))

    settings = read_settings(Example)

    assert settings.smtp_password == SecretStr("from a file")


def test_the_environment_wins_over_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tocsin_window").write_text("7")
    monkeypatch.setenv("TOCSIN_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("TOCSIN_WINDOW", "9")

    assert read_settings(Example).window == 9


def test_settings_do_not_change() -> None:
    settings = read_settings(Example)

    with pytest.raises(ValueError, match="frozen"):
        setattr(settings, "window", 6)  # noqa: B010 - a type checker would not let us try
