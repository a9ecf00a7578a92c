"""The `tocsin` command, called as from a shell."""

import sys
from dataclasses import dataclass

import pytest

from tocsin_cli.main import main


@dataclass(frozen=True, slots=True)
class Shell:
    """Where the command is called, with the environment it finds."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def call(self, *words: str, **environment: str) -> tuple[int, str, str]:
        """Call it; returns its status and what it wrote to stdout and stderr."""
        self.monkeypatch.setattr(sys, "argv", ["tocsin", *words])
        for name, value in environment.items():
            self.monkeypatch.setenv(name, value)
        self.capsys.readouterr()
        try:
            main()
            status = 0
        except SystemExit as stopped:
            status = int(str(stopped.code))
        said = self.capsys.readouterr()
        return status, said.out, said.err
