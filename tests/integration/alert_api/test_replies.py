"""Replies are listed for their agency alone, answered once by an alert to one, and closed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast
from uuid import UUID, uuid4

import pytest

from tests.integration.alert_api.conftest import EVERY_SCOPE, Answer, Api, Client
from tests.support.phones import Phone, Sending, a_phone, a_sender, sending
from tests.support.world import fanned_out
from tocsin_schemas.words import Channel, ReplyKind
from tocsin_store import agencies, replies
from tocsin_store.pool import Pool
from tocsin_store.replies import NewReply, Reply


@dataclass(frozen=True)
class Conversation:
    """An agency whose alert reached one phone, which may reply."""

    pool: Pool
    agency: UUID
    client: Client
    phone: Phone
    alert: UUID
    delivery: UUID

    @property
    def path(self) -> str:
        return f"/v1/alerts/{self.alert}/replies"

    async def replied(self, body: str = "Is the bridge open?", *, known: bool = True) -> Reply:
        async with self.pool.acquire() as conn:
            return await replies.add(
                conn,
                NewReply(
                    agency_id=self.agency,
                    kind=ReplyKind.TEXT,
                    body=body,
                    provider="twilio",
                    alert_id=self.alert,
                    delivery_id=self.delivery,
                    member_id=self.phone.member,
                    contact_point_id=self.phone.contact_point if known else None,
                ),
            )

    async def answer(self, reply: Reply, text: str = "It is.", *, key: str | None = None) -> Answer:
        return await self.client.send(
            "POST",
            f"{self.path}/{reply.id}/answer",
            json={"text": text},
            headers={"Idempotency-Key": key or str(uuid4())},
        )

    async def close(self, reply: Reply) -> Answer:
        return await self.client.send("POST", f"{self.path}/{reply.id}/close")


async def answered(talk: Conversation, reply: Reply) -> Answer:
    """By the path of the reply alone."""
    return await talk.client.send(
        "POST",
        f"/v1/replies/{reply.id}/answer",
        json={"text": "It is."},
        headers={"Idempotency-Key": str(uuid4())},
    )


async def kept(talk: Conversation, reply: NewReply) -> Reply:
    async with talk.pool.acquire() as conn:
        return await replies.add(conn, reply)


NewConversation = Callable[[], Awaitable[Conversation]]


@pytest.fixture
def new_conversation(pool: Pool, api: Api) -> NewConversation:
    async def made() -> Conversation:
        agency, _ = await a_sender(pool)
        key = agencies.new_key()
        async with pool.acquire() as conn:
            await agencies.add_key(conn, key, agency_id=agency, scopes=EVERY_SCOPE)
        phone = await a_phone(pool, agency)
        alert: Sending = await sending(pool, agency)
        return Conversation(pool, agency, api.client(key.text), phone, alert.alert, alert.ids[0])

    return made


@pytest.fixture
async def talk(new_conversation: NewConversation) -> Conversation:
    return await new_conversation()


async def test_replies_are_listed_oldest_first_without_the_number(talk: Conversation) -> None:
    first, second = await talk.replied("One"), await talk.replied("Two")

    answer = await talk.client.get(talk.path)

    assert [each["id"] for each in cast("list[dict[str, str]]", answer.at("items"))] == [
        str(first.id),
        str(second.id),
    ]
    assert (answer.at("items", 0, "body"), answer.at("items", 0, "state")) == ("One", "open")
    assert answer.at("items", 0, "delivery_id") == str(talk.delivery)
    assert talk.phone.number not in answer.text


async def test_lists_come_in_parts(talk: Conversation) -> None:
    for number in range(3):
        await talk.replied(str(number))

    part = await talk.client.get(f"{talk.path}?limit=2")
    rest = await talk.client.get(f"{talk.path}?limit=2&after={part.at('next')}")

    assert (part.at("items", 1, "body"), rest.at("items", 0, "body"), rest.at("next")) == ("1", "2", None)


async def test_what_is_about_no_alert_is_listed_among_all(talk: Conversation) -> None:
    await talk.replied("About it")
    async with talk.pool.acquire() as conn:
        await replies.add(conn, NewReply(talk.agency, ReplyKind.TEXT, "About nothing", "twilio"))

    everything = await talk.client.get("/v1/replies")
    of_the_alert = await talk.client.get(talk.path)

    bodies = [each["body"] for each in cast("list[dict[str, str]]", everything.at("items"))]
    assert bodies == ["About it", "About nothing"]
    assert len(cast("list[object]", of_the_alert.at("items"))) == 1


async def test_another_agency_sees_none_of_it(talk: Conversation, new_conversation: NewConversation) -> None:
    reply = await talk.replied()
    other = await new_conversation()

    assert (await other.client.get(talk.path)).status == 404
    assert (await other.client.get("/v1/replies")).at("items") == []
    assert (
        await other.client.send(
            "POST", f"{talk.path}/{reply.id}/answer", json={"text": "Hi"}, headers={"Idempotency-Key": "1"}
        )
    ).status == 404
    assert (await other.client.send("POST", f"{talk.path}/{reply.id}/close")).status == 404
    assert (await answered(other, reply)).status == 404
    assert (await other.client.send("POST", f"/v1/replies/{reply.id}/close")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/v1/replies", "replies:read"),
        ("POST", f"/v1/alerts/{uuid4()}/replies/{uuid4()}/answer", "replies:write"),
        ("POST", f"/v1/alerts/{uuid4()}/replies/{uuid4()}/close", "replies:write"),
        ("POST", f"/v1/replies/{uuid4()}/answer", "replies:write"),
        ("POST", f"/v1/replies/{uuid4()}/close", "replies:write"),
    ],
)
async def test_a_key_needs_the_scope(pool: Pool, api: Api, method: str, path: str, needed: str) -> None:
    agency, _ = await a_sender(pool)
    key = agencies.new_key()
    others = [scope for scope in EVERY_SCOPE if scope != needed]
    async with pool.acquire() as conn:
        await agencies.add_key(conn, key, agency_id=agency, scopes=others)

    answer = await api.client(key.text).send(method, path)

    assert (answer.status, answer.at("type")) == (403, "/problems/scope")


async def test_an_answer_is_an_alert_to_one(talk: Conversation) -> None:
    reply = await talk.replied()

    answer = await talk.answer(reply, "It is open.")

    assert answer.status == 202
    assert answer.at("reply_id") == str(reply.id)
    sent = await talk.client.get(answer.headers["Location"])
    assert (sent.at("answers"), sent.at("severity"), sent.at("lane")) == (str(reply.id), "minor", "routine")
    assert (sent.at("channels"), sent.at("info", 0, "text")) == (["sms"], "It is open.")
    only = await talk.pool.fetchval(
        "SELECT only_contact_point FROM fan_out WHERE alert_id = $1", UUID(str(answer.at("id")))
    )
    assert only == talk.phone.contact_point


async def test_a_reply_is_answered_and_closed_by_its_own_path_too(talk: Conversation) -> None:
    reply = await talk.replied()

    answer = await answered(talk, reply)
    closed = await talk.client.send("POST", f"/v1/replies/{reply.id}/close")

    assert answer.status == 202
    assert (closed.status, closed.at("state"), closed.at("answer_id")) == (200, "closed", answer.at("id"))


async def test_what_is_about_no_alert_cannot_be_answered_but_closed(talk: Conversation) -> None:
    reply = await kept(
        talk,
        NewReply(talk.agency, ReplyKind.TEXT, "Hello?", "twilio", contact_point_id=talk.phone.contact_point),
    )

    refused = await answered(talk, reply)
    closed = await talk.client.send("POST", f"/v1/replies/{reply.id}/close")

    assert (refused.status, refused.at("type")) == (409, "/problems/reply-state")
    assert "about no alert" in str(refused.at("detail"))
    assert (closed.status, closed.at("state")) == (200, "closed")


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.VOICE])
async def test_what_came_by_a_link_or_a_key_cannot_be_answered_but_closed(
    talk: Conversation, channel: Channel
) -> None:
    reply = await kept(
        talk,
        NewReply(talk.agency, ReplyKind.ACKNOWLEDGEMENT, "", "link", channel, talk.alert, talk.delivery),
    )

    refused = await talk.answer(reply)
    closed = await talk.close(reply)

    assert (refused.status, refused.at("type")) == (409, "/problems/reply-state")
    assert "by a link or a key" in str(refused.at("detail"))
    assert (closed.status, closed.at("state")) == (200, "closed")


async def test_it_goes_to_whoever_replied_and_to_nobody_else(talk: Conversation) -> None:
    await a_phone(talk.pool, talk.agency)
    answer = await talk.answer(await talk.replied())

    await fanned_out(talk.pool)

    rows = await talk.pool.fetch(
        "SELECT contact_point_id FROM delivery WHERE alert_id = $1", UUID(str(answer.at("id")))
    )
    assert [row["contact_point_id"] for row in rows] == [talk.phone.contact_point]


async def test_answers_are_not_listed_among_alerts(talk: Conversation) -> None:
    await talk.answer(await talk.replied())

    listed = await talk.client.get("/v1/alerts")

    assert [each["id"] for each in cast("list[dict[str, str]]", listed.at("items"))] == [str(talk.alert)]


async def test_an_answered_reply_says_so_and_takes_no_other(talk: Conversation) -> None:
    reply = await talk.replied()
    answer = await talk.answer(reply)

    again = await talk.answer(reply, "Yes, really.")

    listed = await talk.client.get(talk.path)
    assert (listed.at("items", 0, "state"), listed.at("items", 0, "answer_id")) == (
        "answered",
        answer.at("id"),
    )
    assert (again.status, again.at("type")) == (409, "/problems/reply-state")


async def test_the_same_answer_under_the_same_key_is_sent_once(talk: Conversation) -> None:
    reply = await talk.replied()

    first, again = await talk.answer(reply, key="k"), await talk.answer(reply, key="k")

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.at("id") == first.at("id")


async def test_a_reply_without_a_number_to_write_to_is_not_answered(talk: Conversation) -> None:
    answer = await talk.answer(await talk.replied(known=False))

    assert (answer.status, answer.at("type")) == (409, "/problems/reply-state")


async def test_an_answer_must_fit_a_text(talk: Conversation) -> None:
    answer = await talk.answer(await talk.replied(), "ż" * 800)

    assert (answer.status, answer.faults) == (422, {"/text": "max_segments"})


@pytest.mark.parametrize(("text", "rule"), [("", "not_blank"), ("x" * 1_601, "max_length")])
async def test_an_answer_says_something_short(talk: Conversation, text: str, rule: str) -> None:
    answer = await talk.answer(await talk.replied(), text)

    assert (answer.status, answer.faults) == (422, {"/text": rule})


async def test_a_closed_reply_stays_closed(talk: Conversation) -> None:
    reply = await talk.replied()
    closed = await talk.close(reply)

    again, answer = await talk.close(reply), await talk.answer(reply)

    assert (closed.status, closed.at("state")) == (200, "closed")
    assert closed.at("closed_at") is not None
    assert (again.status, again.at("type")) == (409, "/problems/reply-state")
    assert answer.status == 409


async def test_an_answered_reply_can_be_closed(talk: Conversation) -> None:
    reply = await talk.replied()
    answer = await talk.answer(reply)

    closed = await talk.close(reply)

    assert (closed.at("state"), closed.at("answer_id")) == ("closed", answer.at("id"))


async def test_an_answer_cannot_become_an_alert_to_all(talk: Conversation) -> None:
    answer = await talk.answer(await talk.replied())
    body = {
        "to": "audience",
        "category": "flood",
        "severity": "severe",
        "areas": [{"circle": {"center": [-2.7, 53.7], "radius_m": 500}}],
        "info": [{"language": "en", "headline": "Flood", "description": "All of you."}],
        "purpose": "public_task",
    }

    update = await talk.client.send(
        "POST", f"/v1/alerts/{answer.at('id')}/updates", json=body, headers={"Idempotency-Key": "1"}
    )

    assert (update.status, update.at("type")) == (409, "/problems/alert-state")


async def test_what_was_done_is_written_down(talk: Conversation) -> None:
    reply = await talk.replied()
    await talk.answer(reply)
    await talk.close(reply)

    rows = await talk.pool.fetch("SELECT action FROM audit WHERE subject = $1 ORDER BY id", str(reply.id))
    assert [row["action"] for row in rows] == ["reply answered", "reply closed"]
