"""What handlers ask of a request: a caller with a scope, parameters that are known, a key for repeats."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from alert_api.keys import Caller
from alert_api.problems import Fault, Problem
from tocsin_schemas.words import Channel, State
from tocsin_store.agencies import Scope

_IDEMPOTENCY_KEY: Final = re.compile(r"[!-~]{1,255}")


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Paging(_Parameters):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=500, description="Most items in the answer.")
    after: str | None = Field(None, max_length=200, description="`next` of the part before.")


class VersionQuery(_Parameters):
    """Which version of an alert."""

    version: int | None = Field(None, ge=1, le=2**31 - 1, description="Default: the one in force.")


class ReceiptQuery(Paging):
    """Which receipts."""

    alert: UUID | None = Field(None, description="Of this alert only.")
    channel: Channel | None = Field(None, description="Of this channel only.")
    state: State | None = Field(None, description="Supporting this state only.")


class SuppressionQuery(Paging):
    """Which suppressions."""

    channel: Channel | None = Field(None, description="Of this channel only.")
    active: Literal["true", "false"] | None = Field(
        None, description="true: in force; false: lifted. Default: both."
    )


Part = Annotated[Paging, Query()]
Which = Annotated[VersionQuery, Query()]
Receipts = Annotated[ReceiptQuery, Query()]
Suppressions = Annotated[SuppressionQuery, Query()]


async def no_parameters(request: Request) -> None:
    """Refuse every query parameter."""
    faults = [Fault(name[:64], "unknown_parameter", "No such parameter.") for name in request.query_params]
    if faults:
        raise Problem("parameters", faults=faults)


def _with(scope: Scope) -> Callable[[Request], Awaitable[Caller]]:
    async def caller(request: Request) -> Caller:
        found: Caller = request.state.caller
        if scope not in found.scopes:
            raise Problem("scope", f"This needs a key with the scope {scope}.")
        return found

    return caller


def required_key(given: str | None) -> str:
    """What the header Idempotency-Key says.

    Raises:
        Problem: `idempotency-key`.
    """
    if given is None or not _IDEMPOTENCY_KEY.fullmatch(given):
        fault = Fault("Idempotency-Key", "required", "1 to 255 visible ASCII characters.")
        raise Problem("idempotency-key", faults=[fault])
    return given


async def _idempotency_key(
    idempotency_key: Annotated[
        str | None, Header(description="New for each alert, the same when repeated. 1 to 255 visible ASCII.")
    ] = None,
) -> str:
    return required_key(idempotency_key)


async def _optional_key(
    idempotency_key: Annotated[
        str | None, Header(description="The same when repeated, if given. 1 to 255 visible ASCII.")
    ] = None,
) -> str | None:
    return None if idempotency_key is None else required_key(idempotency_key)


writer: Final = _with(Scope.ALERTS_WRITE)

Writer = Annotated[Caller, Depends(writer)]
Reader = Annotated[Caller, Depends(_with(Scope.ALERTS_READ))]
ReceiptReader = Annotated[Caller, Depends(_with(Scope.RECEIPTS_READ))]
ReplyReader = Annotated[Caller, Depends(_with(Scope.REPLIES_READ))]
ReplyWriter = Annotated[Caller, Depends(_with(Scope.REPLIES_WRITE))]
SuppressionReader = Annotated[Caller, Depends(_with(Scope.SUPPRESSIONS_READ))]
SuppressionWriter = Annotated[Caller, Depends(_with(Scope.SUPPRESSIONS_WRITE))]
IdempotencyKey = Annotated[str, Depends(_idempotency_key)]
OptionalKey = Annotated[str | None, Depends(_optional_key)]
NoParameters = Depends(no_parameters)
