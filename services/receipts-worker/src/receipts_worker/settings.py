"""Settings of the receipts worker."""

from pydantic import Field

from tocsin_runtime.kafka.dead_letters import MOST_A_MINUTE
from tocsin_runtime.settings import Settings


class ReceiptsSettings(Settings):
    """Nothing beyond what every service needs, but the size of a batch and the limit on dead letters."""

    merge_limit: int = Field(default=2_000, ge=1, le=10_000, description="Most receipts of one transaction.")
    dead_letters_a_minute: int = Field(
        default=MOST_A_MINUTE, ge=1, description="From more on nothing is put aside; it waits in place."
    )
    database_connections: int = Field(default=4, ge=2)
