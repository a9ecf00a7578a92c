"""People with phones in a real database, and what was texted to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import randbelow
from typing import Final
from uuid import UUID, uuid4

from tests.support.callers import a_sid
from tests.support.world import BODY, HOME, PURPOSE, SQUARE, fanned_out, ids_of
from tocsin_schemas.words import Channel, Lane, Purpose, Severity
from tocsin_store import agencies, members, new_alerts
from tocsin_store.claim import Claims, claim
from tocsin_store.members import Consent, ContactPoint, Member, Place
from tocsin_store.new_alerts import NewAlert
from tocsin_store.pool import Pool
from tocsin_store.sessions import open_session

_POSTED: Final = {
    "purpose": PURPOSE.value,
    "severity": Severity.SEVERE.value,
    "category": "flood",
    "urgency": "unknown",
    "event": None,
    "reference": None,
    "expires": "2100-01-01T00:00:00+00:00",
}


def a_number() -> str:
    """A mobile number that nobody else has."""
    return f"+447{randbelow(10**9):09}"


async def a_sender(pool: Pool, *, sms_from: str | None = None) -> tuple[UUID, str]:
    """Add an agency; returns its id and what its texts come from."""
    sender = sms_from or a_number()
    async with pool.acquire() as conn:
        agency = await agencies.add(
            conn,
            slug=f"a{uuid4().hex}",
            name="Fire & Rescue",
            email_from="alerts@fire.example",
            reply_to=None,
            sms_from=sender,
        )
    assert agency is not None
    return agency, sender


@dataclass(frozen=True, slots=True)
class Phone:
    """A member at home inside the square, who may be texted, or called."""

    member: UUID
    contact_point: UUID
    number: str


async def a_phone(
    pool: Pool,
    agency: UUID,
    *,
    number: str | None = None,
    purposes: Sequence[Purpose] = (PURPOSE,),
    language: str = "en",
    channel: Channel = Channel.SMS,
) -> Phone:
    """Add a member with a phone; several members may have the same number."""
    phone = Phone(uuid4(), uuid4(), number or a_number())
    now = datetime.now(UTC) - timedelta(minutes=1)
    async with pool.acquire() as conn, conn.transaction():
        await members.add_members(conn, [Member(phone.member, uuid4(), "Ada", language)])
        await members.add_places(conn, [Place(uuid4(), phone.member, "home", *HOME)])
        await members.add_contact_points(
            conn, [ContactPoint(phone.contact_point, phone.member, channel, phone.number, now)]
        )
        await members.add_consents(
            conn,
            [Consent(uuid4(), phone.member, agency, each, channel, {"by": "form"}) for each in purposes],
        )
    return phone


@dataclass(frozen=True, slots=True)
class Sending:
    """An alert whose texts, or calls, wait, and a session to claim them with."""

    pool: Pool
    alert: UUID
    session: int
    ids: Sequence[UUID]
    channel: Channel = Channel.SMS

    async def claimed(self, *, token: int = 1) -> Claims:
        """Claim all."""
        return await claim(
            self.pool,
            alert_id=self.alert,
            delivery_ids=self.ids,
            session=self.session,
            token=token,
            channel=self.channel,
        )

    async def taken_by(self, provider: str = "twilio") -> list[str]:
        """Claim all, and have a provider take them; returns its ids."""
        claims = await self.claimed()
        return [
            await took(self.pool, delivery=each.id, fence=each.fence, provider=provider)
            for each in claims.taken
        ]


async def took(
    pool: Pool, *, delivery: UUID, fence: int, provider: str = "twilio", ref: str | None = None
) -> str:
    """Have it known that a provider took a delivery; returns the provider's id."""
    ref = ref or (a_sid() if provider == "twilio" else str(uuid4()))
    await pool.execute(
        """INSERT INTO provider_message (provider, ref, delivery_id, fence, alert_id, agency_id, channel, contact_point_id,
                                         accepted_at)
           SELECT $1, $2, d.id, $4, d.alert_id, a.agency_id, d.channel, d.contact_point_id, clock_timestamp()
           FROM   delivery d JOIN alert a ON a.id = d.alert_id WHERE d.id = $3""",
        provider,
        ref,
        delivery,
        fence,
    )
    return ref


async def sending(pool: Pool, agency: UUID, *, channel: Channel = Channel.SMS) -> Sending:
    """Post an alert by text, or call, and fan it out."""
    async with pool.acquire() as conn, conn.transaction():
        alert = await new_alerts.insert(
            conn,
            NewAlert(
                agency_id=agency,
                lane=Lane.URGENT,
                severity=Severity.SEVERE,
                purpose=PURPOSE,
                expires_at=datetime.now(UTC) + timedelta(hours=6),
                body={**BODY, **_POSTED},
                shapes=(SQUARE,),
                channels=(channel,),
            ),
        )
    await fanned_out(pool)
    session = await open_session(pool, worker="test")
    return Sending(pool, alert.id, session, await ids_of(pool, alert.id), channel)
