"""Settings of the receipts worker."""

from pydantic import Field

from tocsin_runtime.settings import Settings


class ReceiptsSettings(Settings):
    """Nothing beyond what every service needs, but the size of a batch."""

    merge_limit: int = Field(default=2_000, ge=1, le=10_000, description="Most receipts of one transaction.")
    database_connections: int = Field(default=4, ge=2)
