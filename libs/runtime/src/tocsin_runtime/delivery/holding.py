"""What outcomes put on hold, and what a probe among them frees; before their receipts, so that these find it so."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, Protocol

import structlog
from prometheus_client import Counter

from tocsin_runtime.delivery.breakers import Breakers, Trip
from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass, Scope, Settled
from tocsin_schemas.words import Channel, Reason
from tocsin_store import pauses
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pauses import alert_route, route_of, sender_route
from tocsin_store.pool import UNAVAILABLE, Pool

log = structlog.get_logger()

_LASTS: Final = timedelta(seconds=30)
_BLAMES: Final = frozenset(
    {OutcomeClass.RETRY_SAFE, OutcomeClass.AMBIGUOUS, OutcomeClass.PAUSE, OutcomeClass.DEFECT}
)
_REFUSALS: Final = frozenset({OutcomeClass.PERMANENT, OutcomeClass.SUPPRESS})
_SCOPES: Final = {"*": Scope.CHANNEL, "sender": Scope.SENDER, "alert": Scope.ALERT}

DEFECTS: Final = Counter(
    "tocsin_defects_total", "Messages that we made wrong: their alert is on hold.", ["channel", "reason"]
)
TRIPS: Final = Counter("tocsin_holds_total", "Routes put on hold.", ["channel", "reason"])


class Tools(Protocol):
    """What of a worker this needs."""

    @property
    def channel(self) -> Channel:
        """Which channel."""

    @property
    def pool(self) -> Pool:
        """Connections."""

    @property
    def breakers(self) -> Breakers:
        """Counts over many outcomes."""


async def hold_what_failed(tools: Tools, batch: Batch, part: Sequence[Settled]) -> None:
    """Put senders, destinations and alerts on hold that these outcomes are the fault of; let probes free theirs."""
    pairs: list[tuple[ClaimedDelivery, Outcome]] = []
    for settled in part:
        delivery, outcome = batch.deliveries[settled.number], settled.outcome
        route = route_of(tools.channel, delivery.address)
        tools.breakers.note(outcome, route=route, alert_id=batch.alert_id)
        if outcome.of is not OutcomeClass.OK or delivery.probes:
            pairs.append((delivery, outcome))
    trips = {trip.route: trip for trip in (*_told(tools.channel, batch, pairs), *tools.breakers.taken())}
    passed = {
        probed
        for delivery, outcome in pairs
        if (probed := delivery.probes) and _went_through(outcome, probed=probed)
    }
    try:
        for trip in trips.values():
            await _hold(tools, trip)
        for route in passed - set(trips):
            if await pauses.went_through(tools.pool, channel=tools.channel, route=route):
                log.info("route_resumed", channel=tools.channel.value)
    except UNAVAILABLE as error:  # what is deferred goes at once, and is told again
        log.warning("hold_not_told", error=type(error).__name__)


async def tell_trips(tools: Tools) -> bool:
    """Put on hold what breakers have opened for while no outcome came to tell of it; there is never more at once.

    Raises:
        UNAVAILABLE: Some are not told; they open again.
    """
    for trip in tools.breakers.taken():
        await _hold(tools, trip)
    return False


def _told(channel: Channel, batch: Batch, pairs: Iterable[tuple[ClaimedDelivery, Outcome]]) -> Iterable[Trip]:
    """Holds that a single outcome asks for."""
    for delivery, outcome in pairs:
        if outcome.of is OutcomeClass.DEFECT:
            reason = outcome.reason or Reason.MESSAGE_DEFECT
            DEFECTS.labels(channel.value, reason.value).inc()
            yield Trip(alert_route(batch.alert_id), reason, _LASTS)
        elif outcome.of is OutcomeClass.PAUSE and outcome.scope is not Scope.CHANNEL:
            routes = {
                Scope.SENDER: sender_route(batch.content.agency_id),
                Scope.ALERT: alert_route(batch.alert_id),
            }
            route = routes.get(outcome.scope or Scope.ROUTE, route_of(channel, delivery.address))
            yield Trip(route, outcome.reason or Reason.POLICY, outcome.lasts or _LASTS)


def _went_through(outcome: Outcome, *, probed: str) -> bool:
    """Whether a probe speaks for its route: what failed for a reason of the member's own does."""
    if outcome.of in _BLAMES:
        return outcome.scope is None
    if outcome.of in _REFUSALS:
        return outcome.scope is None or outcome.scope is not _scope_of(probed)
    return not outcome.of.untried


def _scope_of(route: str) -> Scope:
    """Tell what a route holds."""
    return _SCOPES.get(route.partition(":")[0], Scope.ROUTE)


async def _hold(tools: Tools, trip: Trip) -> None:
    await pauses.hold(
        tools.pool, channel=tools.channel, route=trip.route, reason=trip.reason, lasts=trip.lasts
    )
    TRIPS.labels(tools.channel.value, trip.reason.value).inc()
    log.warning("route_held", channel=tools.channel.value, reason=trip.reason.value)
