"""Settings of the mail door."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from tocsin_runtime.settings import SigningSettings


class MailSettings(SigningSettings):
    """`TOCSIN_MAIL_*` say where the relay hands mail in; key and domain are shared with the email worker."""

    bounce_domain: str = Field(pattern=r"^[A-Za-z0-9.-]+$", description="Mail for any other is refused.")
    mail_protocol: Literal["smtp", "lmtp"] = "smtp"
    mail_host: str = "127.0.0.1"
    mail_port: int = Field(default=2526, ge=0, le=65_535, description="0: any free port.")
    mail_complaints: str = Field(
        default="complaints",
        pattern=r"^[A-Za-z0-9.+-]+$",
        description="Local part where complaints are taken.",
    )
    mail_max_bytes: int = Field(default=1_048_576, ge=65_536, le=67_108_864, description="Of one message.")
    mail_connections: int = Field(default=20, ge=1, le=1_000, description="At a time; more get 421.")
    mail_under_way: int = Field(default=8, ge=1, le=100, description="Messages at a time; more get 451.")
    mail_timeout: timedelta = Field(
        default=timedelta(minutes=1), gt=timedelta(), description="From a command on."
    )
    mail_drain: timedelta = Field(
        default=timedelta(seconds=5), description="For messages under way at a stop."
    )
    database_connections: int = Field(default=4, ge=2)
