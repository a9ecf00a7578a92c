"""/u/{token}: one click withdraws one consent; GET changes nothing."""

from uuid import UUID, uuid4

import pytest

from alert_api.services import Services
from alert_api.settings import ApiSettings
from tests.integration.alert_api.conftest import Agency, Api, Client, serving
from tocsin_runtime.tokens import Unsubscribe, sign_unsubscribe
from tocsin_schemas.words import Channel, Purpose
from tocsin_store import members
from tocsin_store.pool import Pool

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def member(pool: Pool, agency: Agency, other_agency: Agency) -> UUID:
    """Consents to two purposes of one agency, and to another agency."""
    member = members.Member(uuid4(), uuid4(), "Zofia Ó Briain", "pl")
    granted = [
        (agency, Purpose.EMERGENCY),
        (agency, Purpose.PUBLIC_TASK),
        (other_agency, Purpose.PUBLIC_TASK),
    ]
    async with pool.acquire() as conn:
        await members.add_members(conn, [member])
        await members.add_consents(
            conn,
            [
                members.Consent(uuid4(), member.id, to.id, purpose, Channel.EMAIL, {"how": "test"})
                for to, purpose in granted
            ],
        )
    return member.id


def link(services: Services, member: UUID, agency: Agency) -> str:
    what = Unsubscribe(member, agency.id, Purpose.PUBLIC_TASK, Channel.EMAIL)
    return f"/u/{sign_unsubscribe(services.signing_keys[0], what)}"


async def valid(pool: Pool, member: UUID) -> int:
    async with pool.acquire() as conn:
        count: int = await conn.fetchval(
            "SELECT count(*) FROM consent WHERE member_id = $1 AND valid_until IS NULL", member
        )
    return count


async def test_opening_the_link_changes_nothing(api: Api, pool: Pool, member: UUID, agency: Agency) -> None:
    page = await api.client(None).get(link(api.services, member, agency))

    assert page.status == 200
    assert "Fire &amp; Rescue" in page.text
    assert 'method="post"' in page.text
    assert await valid(pool, member) == 3


async def test_one_click_withdraws_that_consent_alone(
    api: Api, pool: Pool, member: UUID, agency: Agency
) -> None:
    answer = await api.client(None).send("POST", link(api.services, member, agency), data=ONE_CLICK)

    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert await valid(pool, member) == 2
    async with pool.acquire() as conn:
        ended = await conn.fetchrow(
            "SELECT * FROM consent WHERE member_id = $1 AND valid_until IS NOT NULL", member
        )
    assert ended is not None
    assert (ended["agency_id"], ended["purpose"], ended["withdrawal"]["how"]) == (
        agency.id,
        "public_task",
        "one-click link",
    )


async def test_a_second_click_says_the_same(api: Api, pool: Pool, member: UUID, agency: Agency) -> None:
    client = api.client(None)
    url = link(api.services, member, agency)

    first = await client.send("POST", url, data=ONE_CLICK)
    second = await client.send("POST", url, data=ONE_CLICK)

    assert (second.status, second.text) == (200, first.text)
    assert await valid(pool, member) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["x", "%00", "%C3%A9", "A" * 67, "a" * 3000])
async def test_a_bad_token_is_a_page_that_says_so(client: Client, method: str, token: str) -> None:
    answer = await client.send(method, f"/u/{token}")

    assert answer.status == 404
    assert "This link does not work" in answer.text


async def test_an_opt_out_is_never_put_off(settings: ApiSettings, member: UUID, agency: Agency) -> None:
    async with serving(settings.model_copy(update={"rate_limit_strangers": 1})) as api:
        url = link(api.services, member, agency)
        answers = [await api.client(None).send("POST", url, data=ONE_CLICK) for _ in range(5)]

    assert {answer.status for answer in answers} == {200}
