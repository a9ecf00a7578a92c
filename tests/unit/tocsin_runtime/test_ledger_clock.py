"""Time in a worker is the ledger's, whatever the machine's wall clock says."""

from datetime import UTC, datetime, timedelta

from tocsin_runtime.delivery.ledger_clock import LedgerClock

LONG_AGO = datetime(2020, 2, 2, tzinfo=UTC)


def test_it_goes_on_from_the_ledgers_time() -> None:
    clock = LedgerClock(LONG_AGO, asked_at=100.0, monotonic=lambda: 107.5)

    now = clock.now()

    assert now == LONG_AGO + timedelta(seconds=7.5)
