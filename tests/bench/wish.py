"""What rows are told."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True, slots=True)
class Wish:
    """How much is to be measured."""

    console: Console
    share: float = 1.0
    """Of what rows measure by default: their deliveries and their seconds. A hundredth shows that a row works."""
    kills: int = 3
    victims: Sequence[str] = ()

    def count(self, usual: int) -> int:
        """That share of so many."""
        return max(1, round(usual * self.share))

    def seconds(self, usual: float) -> float:
        """That share of so long."""
        return usual * self.share
