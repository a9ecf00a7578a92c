"""`tocsin pauses`: routes on hold. What waits for one waits in the ledger, and no attempt is spent."""

import re
from dataclasses import asdict
from typing import Annotated, Final

from cyclopts import App, Parameter

from tocsin_cli.database import with_pool
from tocsin_cli.errors import CommandError, misuse
from tocsin_cli.moments import duration, lasting, shown
from tocsin_cli.output import say, say_json, table
from tocsin_schemas.words import Channel, Reason
from tocsin_store import audit, pauses
from tocsin_store.pool import Pool

app: Final = App(name="pauses", help="Routes on hold.")

_ROUTE: Final = re.compile(r"[!-~]{1,300}")
Json = Annotated[bool, Parameter(negative=())]


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """List the holds in force: channel, route, why, for how long, when it is probed next.

    Args:
        json: Print JSON.
    """
    held = with_pool(pauses.in_force)
    if json:
        say_json(
            [
                {**asdict(each), "age": each.age.total_seconds(), "left": each.left.total_seconds()}
                for each in held
            ]
        )
        return
    table((each.channel, each.route, each.reason, lasting(each.age), shown(each.until)) for each in held)
    if not held:
        say("Nothing is on hold.")


@app.command
def end(channel: str, route: str, /, *, json: Json = False) -> None:
    """End a hold; what waited for it goes now.

    Args:
        channel: email.
        route: As `list` shows it; '*' is the whole channel.
        json: Print JSON.
    """
    of, wanted = _channel(channel), _route(route)

    async def work(pool: Pool) -> int:
        if wanted not in {each.route for each in await pauses.in_force(pool, channel=of)}:
            raise CommandError(
                f"There is no hold on {of} {wanted}: `tocsin pauses list` shows what there is."
            )
        await _audit(pool, "hold ended", subject=f"{of} {wanted}")
        return await pauses.resume(pool, channel=of, route=wanted)

    released = with_pool(work)
    if json:
        say_json({"channel": of, "route": wanted, "released": released})
    else:
        say(f"Ended the hold on {of} {wanted}; {released} deliveries go now.")


@app.command
def hold(
    channel: str,
    route: str,
    /,
    *,
    for_: Annotated[str, Parameter(name="--for")],
    reason: str = Reason.OPERATOR.value,
    json: Json = False,
) -> None:
    """Put a route on hold, or keep it there longer. Afterwards it is probed, and ends when something goes through.

    Args:
        channel: email.
        route: A destination domain; '*' is the whole channel; provider:NAME, sender:AGENCY or alert:ID.
        for_: How long at least: PT10M is ten minutes.
        reason: One of the closed list of reasons.
        json: Print JSON.
    """
    of, wanted, lasts = _channel(channel), _route(route), duration(for_, option="--for")
    if reason not in set(Reason):
        raise misuse(f"--reason: one of {', '.join(sorted(Reason))}.")

    async def work(pool: Pool) -> str:
        await _audit(pool, "held", subject=f"{of} {wanted}")
        until = await pauses.hold(pool, channel=of, route=wanted, reason=Reason(reason), lasts=lasts)
        return shown(until)

    until = with_pool(work)
    if json:
        say_json({"channel": of, "route": wanted, "until": until})
    else:
        say(f"Holding {of} {wanted} until {until}.")


async def _audit(pool: Pool, action: str, *, subject: str) -> None:
    async with pool.acquire() as conn:
        await audit.append(conn, agency_id=None, actor="tocsin pauses", action=action, subject=subject)


def _channel(name: str) -> Channel:
    if name not in set(Channel):
        raise misuse(f"CHANNEL: one of {', '.join(Channel)}.")
    return Channel(name)


def _route(name: str) -> str:
    if not _ROUTE.fullmatch(name) or "@" in name:
        raise misuse("ROUTE: a domain, '*', provider:NAME, sender:AGENCY or alert:ID; never an address.")
    prefix, colon, rest = name.partition(":")
    return f"{prefix}:{rest}" if colon else name.lower()
