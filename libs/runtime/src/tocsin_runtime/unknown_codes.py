"""What providers say that no table of ours names: counted, so that the table can learn it."""

from typing import Final

from prometheus_client import Counter

UNKNOWN_CODES: Final = Counter(
    "tocsin_unknown_provider_code_total",
    "Answers that no row of a table names.",
    ["channel", "phase", "code"],
)
