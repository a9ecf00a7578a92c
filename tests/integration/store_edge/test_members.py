"""Members by COPY, and the audience that an alert's shapes find among them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tocsin_schemas.words import Channel, Lane, Purpose, Severity
from tocsin_store import agencies, consents, members, new_alerts
from tocsin_store.geometry import shapes
from tocsin_store.members import Consent, ContactPoint, Member, Place
from tocsin_store.pool import Connection, Pool

OUTLINE = [[-2.70, 53.75], [-2.69, 53.75], [-2.69, 53.76], [-2.70, 53.76], [-2.70, 53.75]]
HOLE = [[-2.697, 53.753], [-2.693, 53.753], [-2.693, 53.757], [-2.697, 53.757], [-2.697, 53.753]]
RING = {"type": "Polygon", "coordinates": [OUTLINE, HOLE]}


def home_at(longitude: float, latitude: float) -> Place:
    step = 0.00001
    corners = [(0, 0), (step, 0), (step, step), (0, 0)]
    triangle = [[longitude + x, latitude + y] for x, y in corners]
    [shape] = shapes({"type": "Polygon", "coordinates": [triangle]})
    easting, northing = shape.outline[0]
    return Place(uuid4(), uuid4(), "home", easting, northing)


async def add_agency(conn: Connection) -> UUID:
    added = await agencies.add(
        conn, slug=f"a{uuid4().hex}", name="Fire", email_from="a@fire.example", reply_to="b@fire.example"
    )
    assert added is not None
    return added


async def add_member_at(conn: Connection, place: Place, *, agency_id: UUID) -> UUID:
    member = Member(place.member_id, uuid4(), "Zofia Ó Briain", "pl")
    await members.add_members(conn, [member])
    await members.add_places(conn, [place])
    await members.add_contact_points(
        conn, [ContactPoint(uuid4(), member.id, Channel.EMAIL, "z@example.org", datetime.now(UTC))]
    )
    await members.add_consents(
        conn, [Consent(uuid4(), member.id, agency_id, Purpose.PUBLIC_TASK, Channel.EMAIL, {"how": "form"})]
    )
    return member.id


async def test_a_member_is_stored_whole(pool: Pool) -> None:
    async with pool.acquire() as conn:
        agency_id = await add_agency(conn)
        member_id = await add_member_at(conn, home_at(-2.6985, 53.7515), agency_id=agency_id)

        row = await conn.fetchrow(
            """
            SELECT m.name, m.language, p.kind, c.address, s.evidence
            FROM   member m
            JOIN   place p         ON p.member_id = m.id
            JOIN   contact_point c ON c.member_id = m.id
            JOIN   consent s       ON s.member_id = m.id
            WHERE  m.id = $1
            """,
            member_id,
        )

    assert row is not None
    assert tuple(row) == ("Zofia Ó Briain", "pl", "home", "z@example.org", {"how": "form"})


async def test_ten_thousand_consents_and_one_are_all_stored(pool: Pool) -> None:
    async with pool.acquire() as conn:
        agency_id = await add_agency(conn)
        people = [Member(uuid4(), uuid4(), "N", "en") for _ in range(10_001)]
        await members.add_members(conn, people)
        await members.add_consents(
            conn,
            (Consent(uuid4(), each.id, agency_id, Purpose.SERVICE, Channel.EMAIL, {}) for each in people),
        )

        stored = await conn.fetchval("SELECT count(*) FROM consent WHERE agency_id = $1", agency_id)

    assert stored == 10_001


@pytest.mark.parametrize(
    ("longitude", "latitude", "inside"),
    [(-2.6985, 53.7515, True), (-2.695, 53.755, False), (-2.71, 53.755, False)],
    ids=["inside", "in-the-hole", "outside"],
)
async def test_an_alerts_shapes_hold_who_is_inside(
    pool: Pool, longitude: float, latitude: float, *, inside: bool
) -> None:
    async with pool.acquire() as conn:
        agency_id = await add_agency(conn)
        member_id = await add_member_at(conn, home_at(longitude, latitude), agency_id=agency_id)
        alert = await new_alerts.insert(
            conn,
            new_alerts.NewAlert(
                agency_id=agency_id,
                lane=Lane.URGENT,
                severity=Severity.SEVERE,
                purpose=Purpose.PUBLIC_TASK,
                expires_at=datetime.now(UTC) + timedelta(hours=1),
                body={"info": []},
                shapes=shapes(RING),
                channels=[Channel.EMAIL],
            ),
        )

        found = await conn.fetchval(
            """
            SELECT EXISTS (SELECT FROM alert_shape s JOIN place p ON p.location <@ s.outline
                           WHERE s.alert_id = $1 AND p.member_id = $2
                           AND NOT EXISTS (SELECT FROM unnest(s.holes) hole WHERE p.location <@ hole))
            """,
            alert.id,
            member_id,
        )

    assert found is inside


async def test_a_consent_ends_once(pool: Pool) -> None:
    async with pool.acquire() as conn:
        agency_id = await add_agency(conn)
        member_id = await add_member_at(conn, home_at(-2.6985, 53.7515), agency_id=agency_id)

        ended = [
            await consents.withdraw(
                conn,
                member_id=member_id,
                agency_id=agency_id,
                purpose=Purpose.PUBLIC_TASK,
                channel=Channel.EMAIL,
                evidence={"how": "test"},
            )
            for _ in range(2)
        ]

    assert ended == [1, 0]
