"""Settings of the dispatcher."""

from datetime import timedelta

from pydantic import Field

from tocsin_runtime.settings import Settings


class DispatcherSettings(Settings):
    """The defaults are the design's."""

    window: timedelta = Field(
        default=timedelta(seconds=30),
        description="How much hand-over may lie on the log; of texts, of each sender.",
    )
    window_least: int = Field(default=1_000, ge=1, description="Deliveries of the window at least.")
    produce_again: timedelta = Field(
        default=timedelta(minutes=1), description="A due row not claimed comes again."
    )
    session_dead_after: timedelta = Field(
        default=timedelta(seconds=10), description="Silence of a heartbeat."
    )
    answers_kept_days: int = Field(default=30, ge=1, description="How long the words of providers are kept.")
    reports_kept_days: int = Field(
        default=90, ge=1, description="How long it is kept what providers took, reported and brought in."
    )
    fan_out_parts: int = Field(
        default=2, ge=1, le=16, description="Connections that are at a large fan-out at once."
    )
    database_connections: int = Field(default=6, ge=4, description="Of each lane, and for what serves both.")
