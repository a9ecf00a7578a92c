"""What an agency is told of an alert's texts, before and after it posts."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from alert_api.settings import ApiSettings
from tests.integration.alert_api.conftest import SQUARE, Agency, Answer, Client, serving
from tests.integration.alert_api.townsfolk import Resident, given_sender, settled_in
from tocsin_schemas.words import Channel
from tocsin_store.pool import Pool

Body = dict[str, object]
POLISH = {"language": "pl", "headline": "Powódź", "description": "Rzeka wzbiera."}
NOBODYS = {"type": "Polygon", "coordinates": [[[0.1, 51], [0.11, 51], [0.11, 51.01], [0.1, 51]]]}


@pytest.fixture
def settings(settings: ApiSettings) -> ApiSettings:
    return settings.model_copy(update={"sms_prices": {"GB": Decimal("0.04")}})


@pytest.fixture
async def texted(alert: Body, agency: Agency, pool: Pool) -> Body:
    """A body that is accepted and sent as texts, from a sender that nobody else has."""
    await given_sender(pool, agency, sms_from=_a_sender())
    return {**alert, "channels": ["sms"]}


async def previewed(client: Client, body: Body) -> Answer:
    return await client.send("POST", "/v1/alerts/preview", json=body)


async def test_a_preview_says_who_gets_what_at_which_price_until_when(
    client: Client, texted: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [Resident()] * 3 + [Resident(language="pl-PL")] * 2)
    polish = {**POLISH, "description": "Ł" * 60}
    body = {**texted, "info": [*infos(texted), polish], "channels": ["email", "sms"]}

    answer = await previewed(client, body)

    assert answer.status == 200
    assert answer.at("deliveries") == {"email": 0, "sms": 5}
    assert answer.at("texts", "deliveries") == 5
    assert answer.at("texts", "segments") == 3 * 1 + 2 * 2
    assert answer.at("texts", "price") == {"amount": "0.28", "currency": "GBP"}
    assert answer.at("texts", "too_late") == 0
    assert seconds(answer, "texts") == pytest.approx(0.821, abs=0.01)  # 7 of 1.4 a slot, 1.15 s each
    english, said = answer.at("texts", "languages", 0), answer.at("texts", "languages", 1)
    assert isinstance(english, dict)
    assert isinstance(said, dict)
    assert str(english["text"]).splitlines() == [
        "Flood",
        "The river rises.",
        "From Fire & Rescue",
        "Reply YES to say you have seen this",
        "Reply STOP to end",
    ]
    assert (english["encoding"], english["segments"], english["costly"]["characters"]) == ("gsm-7", 1, [])
    assert (said["encoding"], said["segments"]) == ("ucs-2", 2)
    assert said["costly"] == {"characters": ["ó", "ź", "Ł"], "extra_segments": 1}


async def test_a_preview_stores_nothing_and_needs_no_key(
    client: Client, texted: Body, agency: Agency, pool: Pool
) -> None:
    before = await pool.fetchval("SELECT count(*) FROM alert WHERE agency_id = $1", agency.id)

    answer = await previewed(client, texted)

    assert answer.status == 200
    assert await pool.fetchval("SELECT count(*) FROM alert WHERE agency_id = $1", agency.id) == before


@pytest.mark.parametrize(
    "resident",
    [
        Resident(away_m=50_000),
        Resident(confirmed=False),
        Resident(consents=()),
        Resident(consents=(Channel.EMAIL,)),
        Resident(number="+33612345678"),
    ],
    ids=["elsewhere", "not confirmed", "no consent", "consent to email", "a country that is refused"],
)
async def test_who_will_get_none_is_not_counted(
    client: Client, texted: Body, agency: Agency, pool: Pool, resident: Resident
) -> None:
    await settled_in(pool, agency, [resident, Resident()])

    answer = await previewed(client, texted)

    assert answer.at("texts", "deliveries") == 1


async def test_a_suppressed_number_is_not_counted(
    client: Client, texted: Body, agency: Agency, pool: Pool
) -> None:
    number = f"+4474{uuid4().int % 10**8:08}"
    await settled_in(pool, agency, [Resident(number=number), Resident()])
    await pool.execute(
        """INSERT INTO suppression (channel, address, kind, scope, reason, strikes, delivery_id, alert_id, agency_id)
           VALUES ('sms', $1, 'hard', 'all', 'not_mobile', 1, uuidv7(), uuidv7(), $2)""",
        number,
        agency.id,
    )

    answer = await previewed(client, texted)

    assert answer.at("texts", "deliveries") == 1


async def test_what_cannot_leave_before_it_expires_is_told_at_the_post(
    client: Client, texted: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [Resident()] * 40)
    await given_sender(pool, agency, sms_from=_a_sender(), per_s=1)
    soon = datetime.now().astimezone() + timedelta(seconds=30)

    answer = await client.post({**texted, "expires": soon.isoformat()})

    assert answer.status == 202
    assert answer.at("texts", "segments") == 40
    left = soon.timestamp() - _moment(answer, "texts", "begins")
    assert answer.at("texts", "too_late") == 40 - int(left / 1.15)  # one leaves each 1.15 s
    assert "text" not in answer.at("texts", "languages", 0)  # type: ignore[operator]


async def test_what_waits_for_the_same_sender_comes_before(
    client: Client, texted: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [Resident()] * 18)
    await client.post(texted)

    sooner = await previewed(client, {**texted, "severity": "extreme"})
    later = await previewed(client, {**texted, "severity": "minor"})

    assert waits(sooner, hours=6) == 0
    assert waits(later, hours=24) == pytest.approx(2.07)  # 18 segments, ten each 1.15 s


async def test_an_alert_says_when_its_texts_are_through_and_what_they_cost(
    client: Client, texted: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [Resident()] * 18)
    posted = await client.post(texted)
    path = f"/v1/alerts/{posted.at('id')}"
    waiting = await client.get(path)
    await pool.execute(
        """INSERT INTO tally_delta (alert_id, alert_version, channel, state, bucket, n)
           SELECT $1, 1, 'sms', state::delivery_state, bucket, n
           FROM  (VALUES ('pending', -1, 9), ('sent', -1, 9), ('sent', 4, 9), ('sent', -2, 9), ('sent', -3, 3600))
                 x(state, bucket, n)""",
        posted.at("id"),
    )
    await pool.execute("UPDATE fan_out SET done_at = now() WHERE alert_id = $1", posted.at("id"))

    half = await client.get(path)

    assert waiting.at("progress", "segments") == 0
    assert waiting.at("progress", "cost") is None
    assert half.at("progress", "states") == {"pending": 9, "sent": 9}
    assert half.at("progress", "segments") == 9
    assert half.at("progress", "cost") == {"amount": "0.36", "currency": "GBP"}
    assert eta(half) == pytest.approx(1, abs=0.1)


async def test_a_count_that_takes_too_long_is_null_and_stops_nobody(
    settings: ApiSettings, agency: Agency, texted: Body, pool: Pool
) -> None:
    async with serving(settings) as api, pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE consent IN ACCESS EXCLUSIVE MODE")  # the count waits for it

        answer = await api.client(agency.key).post(texted)

    assert answer.status == 202
    assert answer.at("texts", "languages", 0, "segments") == 1
    assert [answer.at("texts", each) for each in ("deliveries", "segments", "price", "ends", "too_late")] == [
        None
    ] * 5


async def test_a_text_of_more_than_ten_segments_is_refused(client: Client, texted: Body) -> None:
    long = {"language": "en", "headline": "Flood", "description": "a" * 1600}
    own = {**long, "language": "pl", "text": "ł" * 700}
    kept = {**long, "language": "cy", "text": "Short."}

    answer = await client.post({**texted, "info": [long, own, kept]})

    assert answer.status == 422
    assert answer.faults == {"/info/0/description": "max_segments", "/info/1/text": "max_segments"}
    assert "11 segments; 10 is the most" in str(answer.at("errors", 0, "detail"))


async def test_an_agency_without_a_sender_sends_no_texts(client: Client, alert: Body) -> None:
    answer = await client.post({**alert, "channels": ["email", "sms"]})

    assert answer.status == 422
    assert answer.faults == {"/channels": "no_text_sender"}


async def test_without_texts_nothing_is_said_of_them(client: Client, alert: Body) -> None:
    posted, seen = await client.post(alert), await previewed(client, alert)

    assert isinstance(posted.json, dict)
    assert "texts" not in posted.json
    assert seen.at("texts") is None


async def test_a_repeat_gets_the_first_numbers(
    client: Client, texted: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [Resident()])
    first = await client.post(texted, key="k")
    await settled_in(pool, agency, [Resident()])

    again = await client.post(texted, key="k")

    assert again.at("texts") == first.at("texts")


async def test_an_update_is_told_of_its_texts_too(
    client: Client, texted: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [Resident()] * 9)
    posted = await client.post(texted)
    path, area = f"/v1/alerts/{posted.at('id')}/updates", {"areas": [{"geometry": SQUARE}]}
    new = {each: texted[each] for each in ("category", "severity", "info", "purpose")}

    audience = await changed(client, path, {**new, **area, "to": "audience", "channels": ["sms"]})
    shown = await client.get(f"/v1/alerts/{posted.at('id')}")
    reached = await changed(client, path, {**new, "to": "reached"})
    too_long = await changed(
        client, path, {**new, "to": "reached", "info": [{**infos(texted)[0], "text": "ł" * 700}]}
    )

    assert audience.at("texts", "deliveries") == 9
    expires = datetime.fromisoformat(str(shown.at("expires")))
    begins = datetime.fromisoformat(str(audience.at("texts", "begins")))
    assert expires - begins == timedelta(hours=12)  # at once: the version before is not sent any more
    assert reached.at("texts", "deliveries") is None
    assert reached.at("texts", "languages", 0, "segments") == 1
    assert too_long.faults == {"/info/0/text": "max_segments"}


async def test_an_all_clear_is_short_as_well(client: Client, texted: Body) -> None:
    posted = await client.post(texted)
    path = f"/v1/alerts/{posted.at('id')}/cancel"

    answer = await changed(
        client, path, {"reason": "Over.", "all_clear": [{**infos(texted)[0], "description": "a" * 1600}]}
    )

    assert answer.faults == {"/all_clear/0/description": "max_segments"}


async def test_nobody_there_costs_nothing(client: Client, texted: Body) -> None:
    answer = await previewed(client, {**texted, "areas": [{"geometry": NOBODYS}]})

    assert answer.at("texts", "segments") == 0
    assert answer.at("texts", "price") == {"amount": "0.00", "currency": "GBP"}


def _a_sender() -> str:
    return f"+4474{uuid4().int % 10**8:08}"


async def changed(client: Client, path: str, body: Body) -> Answer:
    return await client.send("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())})


def infos(body: Body) -> list[dict[str, object]]:
    found = body["info"]
    assert isinstance(found, list)
    return found


def waits(answer: Answer, *, hours: int) -> float:
    """Seconds from when it was asked; that is so many hours before it expires by default."""
    return _moment(answer, "texts", "begins") - (_moment(answer, "expires") - hours * 3600)


def seconds(answer: Answer, *where: str) -> float:
    """From the first text to the last."""
    return _moment(answer, *where, "ends") - _moment(answer, *where, "begins")


def eta(answer: Answer) -> float:
    """Seconds from when it was asked."""
    return _moment(answer, "progress", "eta", "sms") - _moment(answer, "progress", "as_of")


def _moment(answer: Answer, *where: str) -> float:
    return datetime.fromisoformat(str(answer.at(*where))).timestamp()
