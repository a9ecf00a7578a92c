"""What a detached supervisor is told to run: it travels through a pipe, since its environment may hold secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from tocsin_local.services import SERVICES, STEPS, Service, Step
from tocsin_local.stack import Stack


@dataclass(frozen=True)
class Order:
    """One `tocsin up`."""

    directory: Path
    base_port: int
    replicas: dict[str, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    services: tuple[Service, ...] = SERVICES
    steps: tuple[Step, ...] = STEPS

    def stack(self) -> Stack:
        """Make the stack that was ordered."""
        return Stack(
            self.directory,
            base_port=self.base_port,
            services=self.services,
            steps=self.steps,
            replicas=self.replicas,
            extra_environment=self.environment,
        )

    def to_json(self) -> bytes:
        """Write it for the other end of the pipe."""
        return _ADAPTER.dump_json(self)

    @staticmethod
    def from_json(text: bytes) -> Order:
        """Read what `to_json` wrote."""
        return _ADAPTER.validate_json(text)


_ADAPTER = TypeAdapter(Order)
