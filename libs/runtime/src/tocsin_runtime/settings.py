"""Settings: declared, typed, frozen, read once in `main`, from the environment and from secret files."""

import os
import re
import sys
from typing import Annotated, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError


class Settings(BaseSettings):
    """What every service needs. `TOCSIN_<NAME>`, or a file `tocsin_<name>` in `TOCSIN_SECRETS_DIR`."""

    model_config = SettingsConfigDict(env_prefix="TOCSIN_", frozen=True, extra="ignore")

    database_url: SecretStr
    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65_535, description="0: any free port.")


class SigningSettings(Settings):
    """Of a service that signs, or reads what was signed, with the key that all of them share."""

    signing_key: SecretStr = Field(min_length=32, description="Signs unsubscribe links and return paths.")
    former_signing_keys: tuple[Annotated[SecretStr, Field(min_length=32)], ...] = Field(
        default=(), description="What was signed with these is still read."
    )

    @property
    def signing_keys(self) -> tuple[bytes, ...]:
        """Every key that is read; the first one signs."""
        return tuple(key.get_secret_value().encode() for key in (self.signing_key, *self.former_signing_keys))


S = TypeVar("S", bound=BaseSettings)


def read_settings(cls: type[S]) -> S:
    """Read them once; a missing or bad value names its variable on stderr and exits with status 2."""
    try:
        return cls(_secrets_dir=os.environ.get("TOCSIN_SECRETS_DIR"))
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False, include_context=False):
            name = "_".join(map(str, fault["loc"])).upper()
            sys.stderr.write(f"TOCSIN_{name.removeprefix('TOCSIN_')}: {fault['msg']}\n")
    except SettingsError as error:  # it could not even be parsed, as JSON where the field is a list
        field = re.search(r'field "(\w+)"', str(error))
        name = field[1].upper() if field else "SECRETS_DIR"
        sys.stderr.write(f"TOCSIN_{name}: Cannot be read\n")
    sys.exit(2)
