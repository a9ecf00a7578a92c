"""`tocsin keys`: what programs of agencies authenticate with."""

from typing import Annotated, Final

from cyclopts import App, Parameter

from tocsin_cli.database import in_transaction
from tocsin_cli.errors import CommandError, misuse
from tocsin_cli.output import say, say_json
from tocsin_store import agencies, audit
from tocsin_store.agencies import Scope
from tocsin_store.pool import Connection

app: Final = App(name="keys", help="API keys.")


@app.command
def add(
    agency: str,
    /,
    *,
    scope: Annotated[list[str], Parameter(negative=())],
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Make a key and print it, this once.

    Args:
        agency: Slug of the agency.
        scope: alerts:write, alerts:read, receipts:read, replies:read and so on; repeat it for more.
        json: Print JSON.
    """
    scopes = _scopes(scope)
    key = agencies.new_key()

    async def work(conn: Connection) -> None:
        owner = await agencies.by_slug(conn, agency)
        if owner is None:
            raise CommandError(f"There is no agency {agency}.")
        await agencies.add_key(conn, key, agency_id=owner.id, scopes=scopes)
        await audit.append(
            conn, agency_id=owner.id, actor="tocsin keys add", action="key added", subject=key.id
        )

    in_transaction(work)
    if json:
        say_json({"id": key.id, "key": key.text, "scopes": scopes})
    else:
        say(key.text)


@app.command
def revoke(key_id: str, /, *, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Revoke a key; services notice within two seconds.

    Args:
        key_id: The part of the key between the underscores.
        json: Print JSON.
    """

    async def work(conn: Connection) -> None:
        if not await agencies.revoke_key(conn, key_id):
            raise CommandError(f"There is no key {key_id}.")
        await audit.append(
            conn, agency_id=None, actor="tocsin keys revoke", action="key revoked", subject=key_id
        )

    in_transaction(work)
    if json:
        say_json({"id": key_id, "revoked": True})
    else:
        say(f"Revoked {key_id}.")


def _scopes(given: list[str]) -> list[Scope]:
    known = {scope.value for scope in Scope}
    if not given or set(given) - known:
        raise misuse(f"--scope: one of {', '.join(sorted(known))}.")
    return [Scope(value) for value in dict.fromkeys(given)]
