"""People who get texts: an agency with a sender, and residents of the known area."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from tests.integration.alert_api.conftest import SQUARE, Agency
from tocsin_schemas.words import Channel, Purpose
from tocsin_store import members
from tocsin_store.geometry import shapes
from tocsin_store.members import Consent, ContactPoint, Member, Place
from tocsin_store.pool import Pool


@dataclass(frozen=True, slots=True)
class Resident:
    """At home in the middle of the known area, with a confirmed number and consent to texts, or to calls."""

    language: str = "en"
    number: str = "+447700900123"
    away_m: float = 0.0
    confirmed: bool = True
    channel: Channel = Channel.SMS
    consents: Sequence[Channel] = (Channel.SMS,)


LISTENER: Final = Resident(number="+441134960123", channel=Channel.VOICE, consents=(Channel.VOICE,))
"""Who may be called."""


async def given_sender(pool: Pool, agency: Agency, *, sms_from: str, per_s: int = 10) -> None:
    """Set whom the agency's texts come from."""
    await pool.execute(
        "UPDATE agency SET sms_from = $2, sms_segments_per_s = $3 WHERE id = $1", agency.id, sms_from, per_s
    )


async def given_caller(pool: Pool, agency: Agency, *, voice_from: str, per_s: int = 1) -> None:
    """Set whom the agency's calls come from."""
    await pool.execute(
        "UPDATE agency SET voice_from = $2, calls_per_s = $3 WHERE id = $1", agency.id, voice_from, per_s
    )


async def settled_in(pool: Pool, agency: Agency, residents: Sequence[Resident]) -> list[UUID]:
    """Add residents; returns their contact points."""
    [area] = shapes(SQUARE)
    east, north = (sum(axis) / len(axis) for axis in zip(*area.outline, strict=True))
    everyone = [(uuid4(), uuid4(), each) for each in residents]
    since = datetime.now(UTC) - timedelta(minutes=1)
    async with pool.acquire() as conn, conn.transaction():
        await members.add_members(
            conn, [Member(id_, uuid4(), "N", each.language) for id_, _, each in everyone]
        )
        await members.add_places(
            conn, [Place(uuid4(), id_, "home", east + each.away_m, north) for id_, _, each in everyone]
        )
        await members.add_contact_points(
            conn,
            [
                ContactPoint(point, id_, each.channel, each.number, since if each.confirmed else None)
                for id_, point, each in everyone
            ],
        )
        await members.add_consents(
            conn,
            [
                Consent(uuid4(), id_, agency.id, Purpose.PUBLIC_TASK, channel, {"by": "form"})
                for id_, _, each in everyone
                for channel in each.consents
            ],
        )
    return [point for _, point, _ in everyone]


async def where_it_is(pool: Pool, hour: int) -> None:
    """Let everybody live where the clock shows this hour now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    await pool.execute("UPDATE member SET time_zone = $1", f"Etc/GMT{-ahead:+d}")
