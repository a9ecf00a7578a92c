"""Prices: in ten-thousandths of the platform's currency."""

from decimal import Decimal

import pytest

from tocsin_runtime.sms.prices import amount_of, cost_of

_PRICES = {"GB": Decimal("0.0463"), "JE": Decimal("0.04635")}


@pytest.mark.parametrize(
    ("segments", "region", "cost"),
    [(1, "GB", 463), (3, "GB", 1389), (1, "JE", 464), (2, "JE", 927), (1, "FR", None), (1, None, None)],
)
def test_segments_are_priced_by_country(segments: int, region: str | None, cost: int | None) -> None:
    assert cost_of(segments, region=region, prices=_PRICES) == cost


@pytest.mark.parametrize(
    ("cost", "amount"),
    [(0, "0.00"), (463, "0.0463"), (5000, "0.50"), (10_000, "1.00"), (1_234_560, "123.456")],
)
def test_an_amount_has_two_places_at_least(cost: int, amount: str) -> None:
    assert amount_of(cost) == amount
