"""Settings of the email worker."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from tocsin_runtime.settings import SigningSettings
from tocsin_schemas.words import Lane

Tls = Literal["none", "starttls", "implicit"]
ProviderName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=63)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Connections = Annotated[int, Field(ge=1, le=500)]
Domain = Annotated[str, StringConstraints(to_lower=True, pattern=r"^(\*|[a-zA-Z0-9.-]+)$")]


class RelaySettings(BaseModel):
    """One of several relays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ProviderName
    host: str = Field(min_length=1)
    port: Port = 587
    tls: Tls = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    weight: int = Field(
        default=1, ge=1, le=100, description="Its share is this, over the sum of all weights."
    )
    connections: Connections | None = Field(default=None, description="Of each lane; else smtp_connections.")


class DomainCap(BaseModel):
    """What a destination bears, from all worker processes together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connections: int | None = Field(default=None, ge=1)
    messages_per_s: float | None = Field(default=None, gt=0)


class EmailSettings(SigningSettings):
    """`TOCSIN_SMTP_*` name the relay, `TOCSIN_SMTP_RELAYS` several; the signing key is shared with alert-api."""

    public_url: HttpUrl = Field(description="Where residents reach alert-api.")
    bounce_domain: str = Field(
        pattern=r"^[A-Za-z0-9.-]+$", description="Domain of return paths and Message-IDs."
    )
    smtp_relays: tuple[RelaySettings, ...] = Field(default=(), description="In place of the one below.")
    smtp_name: ProviderName = Field(default="relay", description="Provider in receipts.")
    smtp_host: str | None = Field(default=None, validate_default=True)
    smtp_port: Port = 587
    smtp_tls: Tls = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_connections: Connections = Field(default=20, description="Of each relay and lane.")
    smtp_timeout: timedelta = Field(
        default=timedelta(seconds=30), description="For the answer to a whole message."
    )
    smtp_envelope_timeout: timedelta = Field(
        default=timedelta(seconds=10), description="For opening a connection, and for the envelope's answers."
    )
    smtp_domain_caps: Mapping[Domain, DomainCap] = Field(
        default={}, description="By domain; `*` for any that is not named."
    )
    lanes: tuple[Lane, ...] = (Lane.URGENT, Lane.ROUTINE)
    database_connections: int = Field(default=6, ge=2)

    @field_validator("smtp_relays")
    @classmethod
    def _named_once(cls, relays: tuple[RelaySettings, ...]) -> tuple[RelaySettings, ...]:
        if len({relay.name for relay in relays}) < len(relays):
            raise ValueError("each needs a name of its own")
        return relays

    @field_validator("smtp_host")
    @classmethod
    def _somewhere(cls, host: str | None, info: ValidationInfo) -> str | None:
        if not host and not info.data.get("smtp_relays", True):
            raise PydanticCustomError("missing", "Field required")
        return host
