"""Settings of the email worker."""

from datetime import timedelta
from typing import Literal

from pydantic import Field, HttpUrl, SecretStr

from tocsin_runtime.settings import Settings
from tocsin_schemas.words import Lane


class EmailSettings(Settings):
    """`TOCSIN_SMTP_*` name the relay; the signing key is shared with alert-api."""

    signing_key: SecretStr = Field(min_length=32, description="Signs unsubscribe links and return paths.")
    public_url: HttpUrl = Field(description="Where residents reach alert-api.")
    bounce_domain: str = Field(
        pattern=r"^[A-Za-z0-9.-]+$", description="Domain of return paths and Message-IDs."
    )
    smtp_name: str = Field(default="relay", pattern=r"^[a-z0-9-]+$", description="Provider in receipts.")
    smtp_host: str
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_tls: Literal["none", "starttls", "implicit"] = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_connections: int = Field(default=10, ge=1, le=500, description="Of each lane.")
    smtp_timeout: timedelta = Field(
        default=timedelta(seconds=30), description="For each answer of the relay."
    )
    lanes: tuple[Lane, ...] = (Lane.URGENT, Lane.ROUTINE)
    database_connections: int = Field(default=6, ge=2)
