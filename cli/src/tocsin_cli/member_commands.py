"""`tocsin members`: residents, and where they can be reached."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from cyclopts import App, Parameter

from tocsin_cli.database import in_transaction
from tocsin_cli.errors import CommandError, misuse
from tocsin_cli.output import say, say_json
from tocsin_runtime.numbers import CALLS, TEXTS, Number, NumberRefusedError, Use, read
from tocsin_runtime.settings import read_settings
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_schemas.words import Channel
from tocsin_store import audit, members
from tocsin_store.pool import Connection

app: Final = App(name="members", help="Members: residents who are told.")

_NOBODY: Final = "There is no such member."


@app.command
def add_mobile(
    member_id: str,
    number: str,
    /,
    *,
    region: str = "GB",
    confirmed: Annotated[bool, Parameter(negative=())] = False,
    fictional: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Give a member a number for texts; nothing is sent to it before it is confirmed. The number is not shown again.

    Args:
        member_id: Its id.
        number: As people write it.
        region: Country of a number without a calling code.
        confirmed: Its owner has confirmed it.
        fictional: Take numbers that are kept free for drama, too.
        json: Print JSON.
    """
    found = _read(number, use=TEXTS, region=region, fictional=fictional)
    point = _Point(_member(member_id), Channel.SMS, found, confirmed, "tocsin members add-mobile")
    _add(point, json=json)


@app.command
def add_phone(
    member_id: str,
    number: str,
    /,
    *,
    region: str = "GB",
    confirmed: Annotated[bool, Parameter(negative=())] = False,
    fictional: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Give a member a number for calls, a landline or a mobile; it is not called before it is confirmed.

    Args:
        member_id: Its id.
        number: As people write it.
        region: Country of a number without a calling code.
        confirmed: Its owner has confirmed it.
        fictional: Take numbers that are kept free for drama, too.
        json: Print JSON.
    """
    found = _read(number, use=CALLS, region=region, fictional=fictional)
    point = _Point(_member(member_id), Channel.VOICE, found, confirmed, "tocsin members add-phone")
    _add(point, json=json)


@app.command
def set_voice(
    member_id: str,
    /,
    *,
    never_voicemail: Annotated[bool, Parameter(negative=())] = False,
    no_caller_text: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Set what may be said when a member is called; what is not given is allowed again.

    Args:
        member_id: Its id.
        never_voicemail: Leave nothing on a machine.
        no_caller_text: Say neither who calls nor why before a key was pressed: somebody else may listen.
    """
    member = _member(member_id)

    async def work(conn: Connection) -> None:
        if not await members.set_voice(
            conn, member, never_voicemail=never_voicemail, no_caller_text=no_caller_text
        ):
            raise CommandError(_NOBODY)
        await _note(conn, "tocsin members set-voice", action="voice preferences set", subject=member)

    in_transaction(work)
    say("Set.")


@dataclass(frozen=True, slots=True)
class _Point:
    """A contact point to be."""

    member: UUID
    channel: Channel
    number: Number
    confirmed: bool
    by: str


def _member(member_id: str) -> UUID:
    try:
        return UUID(member_id)
    except ValueError as error:
        raise misuse("MEMBER_ID: a member's id.") from error


def _read(number: str, *, use: Use, region: str, fictional: bool) -> Number:
    allowed = read_settings(SmsSettings).sms_countries
    try:
        return read(number, use=use, region=region, countries=allowed, fictional=fictional)
    except NumberRefusedError as error:
        raise CommandError(f"The number is refused ({error.rule}): {error.detail}") from error


def _add(new: _Point, *, json: bool) -> None:
    async def work(conn: Connection) -> UUID:
        point = await members.add_contact_point(
            conn, new.member, channel=new.channel, address=new.number.e164, confirmed=new.confirmed
        )
        if point is None:
            raise CommandError(_NOBODY)
        await _note(conn, new.by, action="contact point added", subject=point)
        return point

    point = in_transaction(work)
    if json:
        say_json({"contact_point": point, "region": new.number.region, "confirmed": new.confirmed})
    else:
        say(f"Added contact point {point}, {'confirmed' if new.confirmed else 'not confirmed yet'}.")


async def _note(conn: Connection, by: str, *, action: str, subject: UUID) -> None:
    await audit.append(conn, agency_id=None, actor=by, action=action, subject=str(subject))
