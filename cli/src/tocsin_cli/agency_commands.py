"""`tocsin agencies`: who may send."""

from dataclasses import asdict, dataclass
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
    new = _Agency(
        addresses.slug(slug),
        addresses.name(name),
        addresses.address(from_, option="--from"),
        None if reply_to is None else addresses.address(reply_to, option="--reply-to"),
        None if sms_from is None else addresses.text_sender(sms_from, option="--sms-from"),
        _rate(sms_segments_per_s, option="--sms-segments-per-s"),
        None if voice_from is None else addresses.caller(voice_from, option="--voice-from"),
        _rate(calls_per_s, option="--calls-per-s"),
    )
    _say(new.slug, in_transaction(new.add), json=json)


@dataclass(frozen=True, slots=True)
class _Agency:
    """One to be."""

    slug: str
    name: str
    email_from: str
    reply_to: str | None
    sms_from: str | None
    sms_segments_per_s: int
    voice_from: str | None
    calls_per_s: int

    async def add(self, conn: Connection) -> str:
        added = await agencies.add(conn, **asdict(self))
        if added is None:
            raise CommandError(f"There is an agency {self.slug} already.")
        await audit.append(
            conn, agency_id=added, actor="tocsin agencies add", action="agency added", subject=str(added)
        )
        return str(added)


def _rate(rate: int, *, option: str) -> int:
    if rate < 1:
        raise misuse(f"{option}: at least 1.")
    return rate


def _say(slug: str, agency_id: str, *, json: bool) -> None:
    if json:
        say_json({"id": agency_id, "slug": slug})
    else:
        say(f"Added {slug} ({agency_id}).")


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
