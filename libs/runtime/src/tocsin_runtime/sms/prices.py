"""What texts cost, in ten-thousandths of the platform's currency."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

PER_UNIT: Final = 10_000


def cost_of(segments: int, *, region: str | None, prices: Mapping[str, Decimal]) -> int | None:
    """Price these segments to a region; None where its price is not known."""
    price = prices.get(region) if region else None
    if price is None:
        return None
    return int((price * segments * PER_UNIT).quantize(Decimal(1), ROUND_HALF_UP))


def amount_of(cost: int) -> str:
    """Write ten-thousandths as a decimal number, to two places at least."""
    amount = (Decimal(cost) / PER_UNIT).quantize(Decimal("0.0001"))
    whole, _, places = f"{amount:f}".partition(".")
    return f"{whole}.{places.rstrip('0'):0<2}"
