"""What a seeded bug is."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug that somebody could have written. `NAME.patch` beside this file puts it into the product as it is."""

    name: str
    breaks: str
    """The invariant, I1 to I10."""
    rules: tuple[str, ...]
    """Rules of the checker of which at least one is to notice it; it may break others as well."""
    scenario: str
    """Under which load and faults."""
    why: str
    """What goes wrong there."""

    @property
    def patch(self) -> Path:
        """The unified diff, with paths from the project's root."""
        return Path(__file__).with_name(f"{self.name}.patch")
