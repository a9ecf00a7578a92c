"""`tocsin agencies`: who may send."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Final

from cyclopts import App, Parameter

from tocsin_cli import addresses
from tocsin_cli.database import in_transaction
from tocsin_cli.errors import CommandError, misuse
from tocsin_cli.output import say, say_json, table
from tocsin_store import agencies, audit
from tocsin_store.pool import Connection

app: Final = App(name="agencies", help="Agencies: data controllers that send.")


@app.command
def add(  # noqa: PLR0913 - an agency has this many senders
    slug: str,
    name: str,
    /,
    *,
    from_: Annotated[str, Parameter(name="--from")],
    reply_to: str | None = None,
    sms_from: str | None = None,
    sms_segments_per_s: int = 10,
    voice_from: str | None = None,
    calls_per_s: int = 1,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Add an agency.

    Args:
        slug: Short name for commands, e.g. lancs-fire.
        name: Name as residents read it.
        from_: Address that its email comes from.
        reply_to: Address that replies go to.
        sms_from: Whom texts come from: a number in E.164, up to 11 letters and digits, or a messaging service's id.
        sms_segments_per_s: What that sender may send in a second.
        voice_from: The number that calls come from, in E.164.
        calls_per_s: How many of them may begin in a second.
        json: Print JSON.
    """
    slug, name = addresses.slug(slug), addresses.name(name)
    sender = addresses.address(from_, option="--from")
    replies = None if reply_to is None else addresses.address(reply_to, option="--reply-to")
    texts = None if sms_from is None else addresses.text_sender(sms_from, option="--sms-from")
    calls = None if voice_from is None else addresses.caller(voice_from, option="--voice-from")
    _check_rates({"--sms-segments-per-s": sms_segments_per_s, "--calls-per-s": calls_per_s})

    async def work(conn: Connection) -> str:
        added = await agencies.add(
            conn,
            slug=slug,
            name=name,
            email_from=sender,
            reply_to=replies,
            sms_from=texts,
            sms_segments_per_s=sms_segments_per_s,
            voice_from=calls,
            calls_per_s=calls_per_s,
        )
        if added is None:
            raise CommandError(f"There is an agency {slug} already.")
        await audit.append(
            conn, agency_id=added, actor="tocsin agencies add", action="agency added", subject=str(added)
        )
        return str(added)

    agency_id = in_transaction(work)
    if json:
        say_json({"id": agency_id, "slug": slug})
    else:
        say(f"Added {slug} ({agency_id}).")


def _check_rates(rates: Mapping[str, int]) -> None:
    for option, rate in rates.items():
        if rate < 1:
            raise misuse(f"{option}: at least 1.")


@app.command(name="list")
def list_(*, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """List the agencies.

    Args:
        json: Print JSON.
    """
    found = in_transaction(agencies.every)
    if json:
        say_json([asdict(agency) for agency in found])
    else:
        table((each.slug, each.name, each.email_from, str(each.id)) for each in found)
