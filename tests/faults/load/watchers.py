"""Who looks on: at recent alerts all the time, and at the end once more at every surface."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Final
from uuid import UUID

from tests.faults.history import Snapshot
from tests.faults.load.client import Client
from tests.faults.load.means import Means, Posted
from tests.support.e2e_kafka import everything_on
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import AlertMetrics
from tocsin_schemas.topics import METRICS

_RECENT: Final = 10
_LOOK_EVERY_S: Final = 0.2
_MOST: Final = 300
_PATIENCE_S: Final = 2.0


async def watch(means: Means, client: Client) -> None:
    """Look at the newest alerts in turn, at whichever door, and write down what they show."""
    random = means.random("watchers")
    turns: deque[UUID] = deque()
    while not await means.stopped_within(_LOOK_EVERY_S):
        turns.extend(() if turns else list(means.board.told)[-_RECENT:])
        if turns:
            seen = await _at_the_door(client, means.board.told[turns.popleft()], random=random)
            await means.ledgers.keep(*([seen] if seen else ()))


async def final_snapshots(means: Means, client: Client) -> None:
    """Write down what the surfaces show now that all is settled.

    That is, of each alert, what the API shows and the newest metrics: once both have the same version, or as they are
    when two seconds have gone by. Then all that is on the metrics topic, in its order.
    """
    random = means.random("final")
    alerts = list(means.board.told)
    waiting = set(random.sample(alerts, min(_MOST, len(alerts))))
    until = time.monotonic() + _PATIENCE_S
    while waiting:
        late = time.monotonic() >= until
        newest = _newest(await _published(means))
        for alert in sorted(waiting):
            shown = await _at_the_door(client, means.board.told[alert], random=random)
            both = [one for one in (shown, newest.get(alert)) if one is not None]
            if late or len({one.version for one in both}) < len(both):
                await means.ledgers.keep(*(replace(one, final=True) for one in both))
                waiting.remove(alert)
    await means.ledgers.keep(*await _published(means))


async def _at_the_door(client: Client, posted: Posted, *, random: Random) -> Snapshot | None:
    shown = await client.progress(posted.crowd, posted.alert, door=random.choice(client.doors))
    if shown is None:
        return None
    return Snapshot(
        at=time.time(),
        surface="api",
        alert=posted.alert,
        version=shown.version,
        deliveries=shown.deliveries,
        states=shown.states,
    )


async def _published(means: Means) -> list[Snapshot]:
    records = await everything_on(means.scene.town.kafka, METRICS)
    return [_snapshot(decode(AlertMetrics, one.value)) for one in records]


def _snapshot(metrics: AlertMetrics) -> Snapshot:
    return Snapshot(
        at=metrics.as_of.timestamp(),
        surface="metrics",
        alert=metrics.alert_id,
        version=metrics.version,
        deliveries=metrics.deliveries,
        states=metrics.states,
    )


def _newest(snapshots: list[Snapshot]) -> Mapping[UUID, Snapshot]:
    """Of each alert the one with the highest version."""
    return {one.alert: one for one in sorted(snapshots, key=lambda one: one.version)}
