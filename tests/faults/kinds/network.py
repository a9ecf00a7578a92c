"""The network between the processes and Kafka, PostgreSQL or a provider: late, cut, closed, silent, forgetful.

A peer that goes silent is no rare thing: a failover, a firewall that forgets, a cable. What was sent then has arrived or
not, and nobody can tell.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.faults.channels import every_provider
from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.network.proxy import Proxy
from tests.faults.network.trouble import Trouble

_SERVERS: Final = ("kafka", "postgres")
_LONG: Final = (0.3, 4.0)  # seconds
_DELAY: Final = (0.02, 0.4)  # seconds, each way
_CUTS: Final = (1, 5)
_BODY: Final = (300, 12_000)  # bytes: from inside the first message to behind the second one


@dataclass(frozen=True, slots=True)
class _Break:
    """What can be done to a path, whichever it is."""

    name: str
    begin: Callable[[Proxy, What], Trouble | None]
    """None: it is over at once, and is done several times."""
    more: Callable[[Random], What] = lambda _: {}
    """What is drawn besides the target and how long it lasts."""
    holds: bool = False
    """Whether bytes that were written before arrive at its end."""


def _delayed(random: Random) -> What:
    return {"delay": round(random.uniform(*_DELAY), 3)}


def _several(random: Random) -> What:
    return {"times": random.randint(*_CUTS)}


def _one_direction(random: Random) -> What:
    to_server = random.random() < 0.5
    return {"to_server": to_server, "to_client": not to_server}


def _some_bytes(random: Random) -> What:
    return {"bytes": random.randint(*_BODY)}


def _stall(proxy: Proxy, what: What) -> Trouble:
    return proxy.stall(to_server=bool(what["to_server"]), to_client=bool(what["to_client"]))


_BREAKS: Final = (
    _Break("network-delay", lambda proxy, what: proxy.delay(float(what["delay"])), more=_delayed, holds=True),
    _Break("network-cut", lambda proxy, _: proxy.cut(), more=_several),
    _Break("network-refuse", lambda proxy, _: proxy.refuse()),
    _Break("network-stall", _stall, more=lambda _: {"to_server": True, "to_client": True}, holds=True),
    _Break("network-half-open", _stall, more=_one_direction, holds=True),
    _Break("answers-lost", lambda proxy, _: proxy.lose_answers()),
)
_MID_BODY: Final = _Break(
    "closing-mid-body", lambda proxy, what: proxy.cut_after(int(what["bytes"])), more=_some_bytes
)


def _kind(broken: _Break, *, name: str, targets: tuple[str, ...], takes_messages: bool) -> Kind:
    """This, done to one of these."""

    def draw(random: Random, _scale: Scale) -> What:
        long = round(random.uniform(*_LONG), 2)
        return {"target": random.choice(targets), "seconds": long, **broken.more(random)}

    async def strike(scene: Scene, what: What) -> None:
        await _struck(broken, proxy=_proxy(scene, what), what=what)

    return Kind(name, draw, strike, slows_hand_over=broken.holds and takes_messages)


async def _struck(broken: _Break, *, proxy: Proxy, what: What) -> None:
    times = int(what.get("times", 1))
    for _ in range(times):
        trouble = broken.begin(proxy, what)
        try:
            await asyncio.sleep(float(what["seconds"]) / times)
        finally:
            if trouble is not None:
                proxy.heal(trouble)


def _proxy(scene: Scene, what: What) -> Proxy:
    return {**scene.providers, "kafka": scene.kafka, "postgres": scene.postgres}[str(what["target"])]


def _kinds() -> Iterator[Kind]:
    providers = tuple(one.name for one in every_provider())
    for broken in _BREAKS:
        yield _kind(broken, name=broken.name, targets=_SERVERS, takes_messages=False)
        for name in providers:
            yield _kind(broken, name=f"{name}-{broken.name}", targets=(name,), takes_messages=True)
    yield _kind(_MID_BODY, name=_MID_BODY.name, targets=providers, takes_messages=True)


KINDS: Final = tuple(_kinds())
