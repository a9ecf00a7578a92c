"""Where a stack keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The files of one stack, all below `root` (absolute); but PostgreSQL's may live elsewhere, see `homes`."""

    root: Path

    @classmethod
    def at(cls, directory: Path) -> Layout:
        """Name the layout of a folder that need not exist yet."""
        return cls(directory.expanduser().absolute())

    @property
    def secrets(self) -> Path:
        """One file a secret, readable by the owner alone."""
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.root / "logs"

    @property
    def sandbox(self) -> Path:
        """What the stand-in providers received."""
        return self.root / "sandbox"

    @property
    def kafka(self) -> Path:
        """Settings and data of Kafka."""
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        """Data of PostgreSQL, unless its user cannot reach it here."""
        return self.root / "postgres"

    @property
    def state(self) -> Path:
        """What runs, as the supervisor last wrote it."""
        return self.root / "state.json"

    @property
    def lock(self) -> Path:
        """Locked as long as anything of this stack may be alive."""
        return self.root / "lock"

    @property
    def owned(self) -> tuple[Path, ...]:
        """Everything a stack may have put here, and so may delete: the folder can hold other things."""
        return (self.secrets, self.logs, self.sandbox, self.kafka, self.postgres, self.state, self.lock)

    def create(self) -> None:
        """Make the folders, those with secrets and messages for the owner alone."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.logs, self.sandbox, self.kafka, self.secrets):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.secrets.chmod(0o700)
