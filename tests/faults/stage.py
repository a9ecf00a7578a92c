"""The stack of a run: every way into its servers leads through a proxy, every service has a clock of its own."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.faults.channels import every_channel, every_provider
from tests.faults.fault import Scene
from tests.faults.kinds.disk import small_disk
from tests.faults.network.proxy import Proxy
from tests.faults.playing import SANDBOX
from tests.faults.skewed import CLOCKS, skewed_services
from tests.support.e2e_town import SERVICES as REPLICATED
from tests.support.e2e_town import Town
from tocsin_local.layout import Layout
from tocsin_local.ports import KAFKA, POSTGRES, free_base
from tocsin_local.secret_files import create_secrets, database_url
from tocsin_local.services import SERVICES, Service, with_replicas
from tocsin_local.stack import Stack
from tocsin_schemas.words import Channel

_DISK_MB: Final = 3_000

_SETTINGS: Final[Mapping[str, str]] = {
    "TOCSIN_SANDBOX_FSYNC": "true",  # what a provider accepted outlives the provider
    "TOCSIN_RATE_LIMIT": "1000000",
    "TOCSIN_RATE_LIMIT_STRANGERS": "1000000",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a stack is made of."""

    replicas: int = 2
    """Of each service that may have several."""
    environment: Mapping[str, str] = field(default_factory=dict)
    sources: str | None = None
    """Search path of changed sources, to be run in place of what is installed."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running stack and what stands in front of its servers."""

    stack: Stack
    kafka: Proxy
    postgres: Proxy
    providers: Mapping[str, Proxy]
    clocks: Path

    def scene(self, town: Town) -> Scene:
        """What faults may touch."""
        return Scene(town, self.kafka, self.postgres, self.providers, self.clocks)

    def heal(self) -> None:
        """Let everything through again."""
        for proxy in (self.kafka, self.postgres, *self.providers.values()):
            proxy.heal()


def services_of(setting: Setting, channels: Collection[Channel]) -> tuple[str, ...]:
    """Names of our own processes."""
    return tuple(one.name for one in _services(setting, channels) if one.name != SANDBOX)


@contextmanager
def stage(folder: Path, setting: Setting, *, channels: Collection[Channel]) -> Iterator[Stage]:
    """Run a fresh stack with the workers of these channels, ready; its data is deleted at the end."""
    base, layout = free_base(), Layout.at(folder)
    with (
        small_disk(folder, megabytes=_DISK_MB),
        Proxy("kafka", to_port=base + KAFKA) as kafka,
        Proxy("postgres", to_port=base + POSTGRES) as postgres,
        _providers(base) as providers,
    ):
        layout.create()
        clocks = layout.root / "clocks"
        clocks.mkdir()
        create_secrets(layout.secrets, base_port=base)
        through = database_url(layout.secrets).replace(f":{base + POSTGRES}/", f":{postgres.port}/")
        stack = Stack(
            folder,
            base_port=base,
            services=skewed_services(_services(setting, channels), sources=setting.sources),
            kafka_advertised_port=kafka.port,
            extra_environment={
                "TOCSIN_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{kafka.port}",
                "TOCSIN_DATABASE_URL": through,
                CLOCKS: str(clocks),
                "PYTHONPATH": setting.sources or "",
                **_SETTINGS,
                **_channel_settings(layout, providers),
                **setting.environment,
            },
        )
        try:
            with stack:
                stack.wait_ready(timeout=timedelta(seconds=120))
                yield Stage(stack, kafka, postgres, providers, clocks)
        finally:
            stack.delete()


def _services(setting: Setting, channels: Collection[Channel]) -> tuple[Service, ...]:
    """With replicas, of the channels' workers too; without the workers of other channels, which would be idle."""
    workers = {f"{channel}-worker" for channel in channels}
    idle = {f"{channel}-worker" for channel in Channel} - workers
    services = tuple(each for each in SERVICES if each.name not in idle)
    names = [each.name for each in services if each.name in workers or each.name in REPLICATED]
    return with_replicas(services, dict.fromkeys(names, setting.replicas))


@contextmanager
def _providers(base: int) -> Iterator[Mapping[str, Proxy]]:
    """A proxy in front of each provider, by its name."""
    with ExitStack() as proxies:
        yield {
            one.name: proxies.enter_context(Proxy(one.name, to_port=base + one.port))
            for one in every_provider()
        }


def _channel_settings(layout: Layout, providers: Mapping[str, Proxy]) -> Mapping[str, str]:
    """Lead the workers through the proxies."""
    ports = {name: proxy.port for name, proxy in providers.items()}
    return {name: value for one in every_channel() for name, value in one.settings(layout, ports).items()}
