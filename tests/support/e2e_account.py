"""The account of an alert after faults: what design section 9 says must reconcile."""

from collections import Counter
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tests.support.e2e_agency import Agency
from tests.support.e2e_metrics import metrics_of
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_local.reconcile import Reconciliation, reconcile
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, ReceiptKind, State

RESENDS: Final = 1
"""How often an attempt that may have arrived is made again."""


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that every surface says of a settled alert."""

    result: Reconciliation
    receipts: list[Receipt]
    arrivals: Counter[str]
    left_unknown: tuple[str, ...]

    @property
    def unknowns(self) -> Counter[str]:
        """Ambiguous attempts by delivery."""
        return Counter(str(one.delivery_id) for one in self.receipts if one.kind is ReceiptKind.UNKNOWN)

    @property
    def faults(self) -> list[str]:
        """What does not add up; empty where all is well."""
        too_often = [
            f"{delivery} arrived {times} times after {self.unknowns[delivery]} ambiguous attempts"
            for delivery, times in self.arrivals.items()
            if times > 1 + min(self.unknowns[delivery], RESENDS)
        ]
        unspent = [
            f"{delivery} is left unknown after {self.unknowns[delivery]} ambiguous attempts"
            for delivery in self.left_unknown
            if self.unknowns[delivery] <= RESENDS
        ]
        return [*self.result.faults, *too_often, *unspent]

    def kinds_of(self, delivery: str) -> list[ReceiptKind]:
        """What happened to a delivery, in order."""
        return [one.kind for one in self.receipts if str(one.delivery_id) == delivery]


async def account_of(town: Town, agency: Agency, alert: UUID, *, expected: int) -> Account:
    """Read every surface of a settled alert; waits for those that follow the ledger to catch up with it.

    Raises:
        TimeoutError: The receipts page or the metrics topic stays behind.
    """
    receipts = await _all_receipts(town, agency, alert)
    deliveries = await agency.deliveries(alert)
    rows = [(str(one.id), one.state) for one in deliveries]
    arrivals = await town.sandbox.arrivals(alert)
    unknowns = Counter(one.delivery_id for one in receipts if one.kind is ReceiptKind.UNKNOWN)
    result = reconcile(
        rows,
        inbox=await town.sandbox.of(alert),
        expected=expected,
        counted=(await agency.alert(alert)).progress.states,
        resent=sum(min(count, RESENDS) for count in unknowns.values()),
        fails_later=all(one.channel is Channel.SMS for one in deliveries),
    )
    left = tuple(delivery for delivery, state in rows if state is State.UNKNOWN)
    await metrics_of(town, agency, alert)
    return Account(result, receipts, arrivals, left)


async def _all_receipts(town: Town, agency: Agency, alert: UUID) -> list[Receipt]:
    """Readers see a receipt once no older transaction runs: wait for that."""

    async def look() -> list[Receipt] | None:
        found = await agency.receipts(alert)
        written: int = await town.pool.fetchval("SELECT count(*) FROM receipt WHERE alert_id = $1", alert)
        return found if len(found) == written else None

    found = await eventually(look)
    assert found is not None
    return found
