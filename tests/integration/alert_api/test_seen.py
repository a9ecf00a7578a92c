"""/s/{token}: who presses the button has seen it, once; GET changes nothing."""

import asyncio
from uuid import uuid4

import pytest

from alert_api.services import Services
from alert_api.settings import ApiSettings
from tests.integration.alert_api.callback_client import receipts_of
from tests.integration.alert_api.conftest import Api, Client, serving
from tests.support.world import BODY, Post, Resident, Situation, waiting
from tocsin_runtime.tokens import sign_seen
from tocsin_store.pool import Pool, Row

WELSH = {"language": "cy", "headline": "Llifogydd <nawr>", "description": "Mae'r afon yn codi."}
BOTH = {**BODY, "info": [{"language": "en", "headline": "Flood", "description": "The river rises."}, WELSH]}


@pytest.fixture
async def sent(pool: Pool) -> Situation:
    """An alert that went to one member by email."""
    situation = await waiting(
        pool, post=Post(body=BOTH), resident=Resident(name="Zofia Ó Briain", language="cy")
    )
    await situation.claimed()
    return situation


def link(services: Services, sent: Situation, *, fence: int = 1) -> str:
    return f"/s/{sign_seen(services.signing_keys[0], sent.ids[0], fence=fence)}"


async def replies(pool: Pool, sent: Situation) -> list[Row]:
    return await pool.fetch("SELECT * FROM reply WHERE agency_id = $1 ORDER BY id", sent.agency)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_the_link_changes_nothing(api: Api, pool: Pool, sent: Situation, method: str) -> None:
    page = await api.client(None).send(method, link(api.services, sent))

    assert page.status == 200
    assert await replies(pool, sent) == []
    assert await receipts_of(pool, sent.ids[0]) == []


async def test_the_page_repeats_the_alert_in_the_language_of_its_reader(api: Api, sent: Situation) -> None:
    page = await api.client(None).get(link(api.services, sent))

    assert '<html lang="cy" dir="ltr">' in page.text
    assert "<h1>Llifogydd &lt;nawr&gt;</h1>" in page.text
    assert "Oddi wrth <strong>Fire &amp; Rescue</strong>" in page.text
    assert '<form method="post"><button>Rwyf wedi gweld hyn</button></form>' in page.text
    assert page.headers["Cache-Control"] == "no-store"


async def test_an_exercise_says_so_on_the_page(api: Api, pool: Pool) -> None:
    sent = await waiting(pool, post=Post(body={**BODY, "status": "exercise"}))
    await sent.claimed()

    page = await api.client(None).get(link(api.services, sent))

    assert "<h1>EXERCISE: Flood</h1>" in page.text


async def test_nothing_on_the_pages_tells_who_got_it(api: Api, pool: Pool, sent: Situation) -> None:
    client, row = api.client(None), await sent.row()
    address = await pool.fetchval("SELECT address FROM contact_point WHERE id = $1", row["contact_point_id"])

    shown = [await client.send(method, link(api.services, sent)) for method in ("GET", "POST")]
    told = b"".join([each["value"] or b"" for each in await pool.fetch("SELECT value FROM outbox")])

    for answer in shown:
        assert "Set-Cookie" not in answer.headers
        assert "<script" not in answer.text
    everywhere = "".join(answer.text for answer in shown) + told.decode()
    assert [each for each in ("Zofia", address, str(row["contact_point_id"])) if each in everywhere] == []


async def test_the_button_acknowledges_before_it_is_thanked_for(
    api: Api, pool: Pool, sent: Situation
) -> None:
    answer = await api.client(None).send("POST", link(api.services, sent))

    assert (answer.status, "<h1>Diolch</h1>" in answer.text) == (200, True)
    (reply,) = await replies(pool, sent)
    (receipt,) = await receipts_of(pool, sent.ids[0])
    assert (reply["kind"], reply["channel"], reply["alert_id"]) == ("acknowledgement", "email", sent.alert)
    assert (reply["delivery_id"], reply["member_id"]) == (sent.ids[0], (await sent.row())["member_id"])
    assert (receipt["kind"], receipt["state"], receipt["channel"]) == (
        "acknowledged",
        "acknowledged",
        "email",
    )
    assert (receipt["fence"], receipt["alert_id"], receipt["provider"]) == (1, str(sent.alert), None)
    assert (
        await pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'replies' AND key = $1", sent.alert)
        == 1
    )


async def test_who_presses_twice_counts_once(api: Api, pool: Pool, sent: Situation) -> None:
    client, url = api.client(None), link(api.services, sent)

    answers = await asyncio.gather(*(client.send("POST", url) for _ in range(4)))

    assert {(answer.status, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert len(await replies(pool, sent)) == len(await receipts_of(pool, sent.ids[0])) == 1


async def test_a_message_that_came_twice_is_seen_once(api: Api, pool: Pool, sent: Situation) -> None:
    await pool.execute("UPDATE delivery SET fence = 2 WHERE id = $1", sent.ids[0])

    for fence in (1, 2):
        answer = await api.client(None).send("POST", link(api.services, sent, fence=fence))
        assert answer.status == 200

    assert len(await replies(pool, sent)) == 1


async def test_what_the_ledger_knows_is_not_told_again(api: Api, pool: Pool, sent: Situation) -> None:
    await pool.execute("UPDATE delivery SET state = 'acknowledged' WHERE id = $1", sent.ids[0])

    answer = await api.client(None).send("POST", link(api.services, sent))

    assert (answer.status, await replies(pool, sent)) == (200, [])


async def test_who_has_left_still_counts_but_is_not_named(api: Api, pool: Pool, sent: Situation) -> None:
    await pool.execute("UPDATE consent SET valid_until = now() WHERE agency_id = $1", sent.agency)

    await api.client(None).send("POST", link(api.services, sent))

    (reply,) = await replies(pool, sent)
    assert reply["member_id"] is None
    assert len(await receipts_of(pool, sent.ids[0])) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["x", "%00", "%C3%A9", "A" * 48, "a" * 3000])
async def test_a_bad_token_is_a_page_that_says_so(client: Client, method: str, token: str) -> None:
    answer = await client.send(method, f"/s/{token}")

    assert answer.status == 404
    assert "This link does not work" in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_was_never_sent_is_not_found(api: Api, pool: Pool, sent: Situation, method: str) -> None:
    unknown = f"/s/{sign_seen(api.services.signing_keys[0], uuid4(), fence=1)}"

    answers = [
        await api.client(None).send(method, url) for url in (unknown, link(api.services, sent, fence=2))
    ]

    assert [answer.status for answer in answers] == [404, 404]
    assert await replies(pool, sent) == []


async def test_those_behind_one_address_do_not_wait_for_each_other(
    settings: ApiSettings, sent: Situation
) -> None:
    async with serving(settings.model_copy(update={"rate_limit_strangers": 1})) as api:
        answers = [await api.client(None).send("POST", link(api.services, sent)) for _ in range(5)]

    assert {answer.status for answer in answers} == {200}
