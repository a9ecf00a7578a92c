"""GET /v1/alerts/{id}/acknowledgements: who has seen an alert, in all and in each of its areas, as it is now."""

from uuid import UUID, uuid4

import pytest

from tests.integration.alert_api.changes import cancelled, updated
from tests.integration.alert_api.conftest import SQUARE, Agency, Answer, Api, Client
from tests.integration.alert_api.ledger_rows import posted
from tests.support.world import Resident, fanned_out, settled_in
from tocsin_runtime.tokens import sign_seen
from tocsin_store.geometry import Metres, shapes
from tocsin_store.pool import Pool

Body = dict[str, object]

TOWN = {"name": "Town", "circle": {"center": [-2.695, 53.755], "radius_m": 3_000}}
RING = [[-2.80, 53.70], [-2.60, 53.70], [-2.60, 53.80], [-2.80, 53.80], [-2.80, 53.70]]
AROUND = {"geometry": {"type": "Polygon", "coordinates": [RING, SQUARE["coordinates"][0]]}}
ALL_CLEAR = [{"language": "en-GB", "headline": "All clear", "description": "The river falls."}]


def centre() -> Metres:
    [square] = shapes(SQUARE)
    east, north = (sum(axis) / len(axis) for axis in zip(*square.outline, strict=True))
    return east, north


@pytest.fixture
def alert(alert: Body) -> Body:
    """To the known ward, to the town it lies in, and to everything around the ward."""
    areas = alert["areas"]
    assert isinstance(areas, list)
    return {**alert, "areas": [*areas, TOWN, AROUND]}


@pytest.fixture
async def people(pool: Pool, agency: Agency) -> list[UUID]:
    """Two in the ward, one in the town beside it."""
    east, north = centre()
    return await settled_in(
        pool,
        agency.id,
        [Resident(at=(east, north)), Resident(at=(east + 50, north)), Resident(at=(east + 2_000, north))],
    )


async def in_state(pool: Pool, alert: UUID, member: UUID, state: str) -> None:
    await pool.execute(
        """UPDATE delivery SET state = $3::text::delivery_state, fence = 1, work = 'none'
           WHERE  alert_id = $1 AND member_id = $2""",
        alert,
        member,
        state,
    )


async def sent(client: Client, pool: Pool, alert: Body) -> UUID:
    alert_id = await posted(client, alert)
    await fanned_out(pool)
    return alert_id


async def counts(client: Client, alert: UUID, *, query: str = "") -> Answer:
    return await client.get(f"/v1/alerts/{alert}/acknowledgements{query}")


def figures(answer: Answer, *path: str | int) -> list[object]:
    return [answer.at(*path, name) for name in ("members", "reached", "acknowledged")]


async def test_each_area_counts_its_own(client: Client, pool: Pool, alert: Body, people: list[UUID]) -> None:
    alert_id = await sent(client, pool, alert)
    for member, state in zip(people, ("acknowledged", "failed", "sent"), strict=True):
        await in_state(pool, alert_id, member, state)

    answer = await counts(client, alert_id)

    assert figures(answer) == [3, 2, 1]
    assert [figures(answer, "areas", n) for n in range(3)] == [[2, 1, 1], [3, 2, 1], [1, 1, 0]]
    assert [answer.at("areas", n, "area") for n in range(3)] == [0, 1, 2]
    assert [answer.at("areas", n, "code") for n in range(3)] == ["E05000001", None, None]
    assert [answer.at("areas", n, "name") for n in range(3)] == [None, "Town", None]
    assert (answer.at("alert_version"), answer.at("asked")) == (1, True)


async def test_the_button_in_an_email_is_counted(
    api: Api, client: Client, pool: Pool, alert: Body, people: list[UUID]
) -> None:
    alert_id = await sent(client, pool, alert)
    await in_state(pool, alert_id, people[0], "sent")
    delivery = await pool.fetchval(
        "SELECT id FROM delivery WHERE alert_id = $1 AND member_id = $2", alert_id, people[0]
    )

    link = f"/s/{sign_seen(api.services.signing_keys[0], delivery, fence=1)}"
    assert (await api.client(None).send("POST", link)).status == 200
    before = await counts(client, alert_id)
    await in_state(pool, alert_id, people[0], "acknowledged")  # as the merge leaves it

    assert figures(before)[2] == 0
    assert figures(await counts(client, alert_id))[2] == 1
    replies = await client.get(f"/v1/alerts/{alert_id}/replies")
    assert [replies.at("items", 0, name) for name in ("kind", "channel", "body", "delivery_id")] == [
        "acknowledgement",
        "email",
        "",
        str(delivery),
    ]


async def test_a_member_with_two_addresses_is_one(
    client: Client, pool: Pool, alert: Body, agency: Agency
) -> None:
    [member] = await settled_in(pool, agency.id, [Resident(at=centre(), addresses=2)])
    alert_id = await sent(client, pool, alert)
    await pool.execute(
        """UPDATE delivery SET state = 'acknowledged'
           WHERE  id = (SELECT min(id::text)::uuid FROM delivery WHERE alert_id = $1 AND member_id = $2)""",
        alert_id,
        member,
    )

    answer = await counts(client, alert_id)

    assert figures(answer) == figures(answer, "areas", 0) == [1, 1, 1]


async def test_who_has_moved_away_counts_in_the_whole_alone(
    client: Client, pool: Pool, alert: Body, people: list[UUID]
) -> None:
    alert_id = await sent(client, pool, alert)
    await pool.execute("UPDATE place SET location = point(0, 0) WHERE member_id = $1", people[0])

    answer = await counts(client, alert_id)

    assert figures(answer)[0] == 3
    assert figures(answer, "areas", 0)[0] == 1


async def test_a_correction_is_counted_in_the_areas_it_follows(
    client: Client, pool: Pool, alert: Body, people: list[UUID]
) -> None:
    alert_id = await sent(client, pool, alert)
    await in_state(pool, alert_id, people[0], "acknowledged")
    await updated(client, alert_id, alert)
    await pool.execute(
        """INSERT INTO delivery (id, alert_id, member_id, contact_point_id, alert_version, channel, state)
           SELECT delivery_id(alert_id, 2, member_id, contact_point_id, 0), alert_id, member_id, contact_point_id, 2,
                  channel, 'sent'
           FROM   delivery WHERE alert_id = $1 AND member_id = $2""",
        alert_id,
        people[0],
    )

    now, first = await counts(client, alert_id), await counts(client, alert_id, query="?version=1")

    assert (figures(now), figures(now, "areas", 0)) == ([1, 1, 0], [1, 1, 0])
    assert (figures(first), figures(first, "areas", 0)) == ([3, 1, 1], [2, 1, 1])


async def test_nobody_is_asked_about_an_all_clear(client: Client, alert: Body) -> None:
    alert_id = await posted(client, alert)
    await cancelled(client, alert_id, all_clear=ALL_CLEAR)

    answer = await counts(client, alert_id)

    assert (answer.at("alert_version"), answer.at("asked"), figures(answer)) == (2, False, [0, 0, 0])


@pytest.mark.parametrize("query", ["?version=0", "?version=x", "?area=1"])
async def test_another_parameter_is_refused(client: Client, alert: Body, query: str) -> None:
    assert (await counts(client, await posted(client, alert), query=query)).status == 400


async def test_a_version_that_never_was_is_not_found(client: Client, alert: Body) -> None:
    assert (await counts(client, await posted(client, alert), query="?version=2")).status == 404
    assert (await counts(client, uuid4())).status == 404


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"severity": "severe"}, True),
        ({"severity": "extreme", "acknowledge": None}, True),
        ({"severity": "minor"}, False),
        ({"severity": "minor", "acknowledge": True}, True),
        ({"severity": "extreme", "acknowledge": False}, False),
    ],
)
async def test_the_default_is_filled_in(client: Client, alert: Body, fields: Body, *, asked: bool) -> None:
    alert_id = await posted(client, {**alert, **fields})

    assert (await client.get(f"/v1/alerts/{alert_id}")).at("acknowledge") is asked
    assert (await counts(client, alert_id)).at("asked") is asked
