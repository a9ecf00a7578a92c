"""`tocsin members`: residents, and where they can be reached."""

from typing import Annotated, Final
from uuid import UUID

from cyclopts import App, Parameter

from tocsin_cli.database import in_transaction
from tocsin_cli.errors import CommandError, misuse
from tocsin_cli.output import say, say_json
from tocsin_runtime.settings import read_settings
from tocsin_runtime.sms.numbers import NumberRefusedError, mobile
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_schemas.words import Channel
from tocsin_store import audit, members
from tocsin_store.pool import Connection

app: Final = App(name="members", help="Members: residents who are told.")


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
    """Give a member a mobile number; nothing is sent to it before it is confirmed. The number is not shown again.

    Args:
        member_id: Its id.
        number: As people write it.
        region: Country of a number without a calling code.
        confirmed: Its owner has confirmed it.
        fictional: Take numbers that are kept free for drama, too.
        json: Print JSON.
    """
    try:
        member = UUID(member_id)
    except ValueError as error:
        raise misuse("MEMBER_ID: a member's id.") from error
    allowed = read_settings(SmsSettings).sms_countries
    try:
        read = mobile(number, region=region, countries=allowed, fictional=fictional)
    except NumberRefusedError as error:
        raise CommandError(f"The number is refused ({error.rule}): {error.detail}") from error

    async def work(conn: Connection) -> UUID:
        point = await members.add_contact_point(
            conn, member, channel=Channel.SMS, address=read.e164, confirmed=confirmed
        )
        if point is None:
            raise CommandError("There is no such member.")
        await audit.append(
            conn,
            agency_id=None,
            actor="tocsin members add-mobile",
            action="contact point added",
            subject=str(point),
        )
        return point

    point = in_transaction(work)
    if json:
        say_json({"contact_point": point, "region": read.region, "confirmed": confirmed})
    else:
        say(f"Added contact point {point}, {'confirmed' if confirmed else 'not confirmed yet'}.")
