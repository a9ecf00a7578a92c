"""What providers report, and with how much trouble; and what phones answer."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from twilio.request_validator import RequestValidator

from tests.integration.sandbox.clients import (
    ACCOUNT,
    PHONE,
    SERVICE,
    TEMPLATE,
    THE_SDKS_WAY,
    TOKEN,
    Notify,
    Twilio,
)
from tests.integration.sandbox.webhook import Heard, Webhook
from tests.support.eventually import eventually, until

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk

pytestmark = THE_SDKS_WAY

AT_ONCE = {"segments_per_s": None, "delivered_after_s": {"least": 0, "most": 0}, "callback_retry_s": 0}
SENDER = "+447700900009"


@pytest.fixture
async def swift(office: "Desk") -> "Desk":
    """Providers that deliver at once and repeat at once."""
    await office.turn("twilio", **AT_ONCE)
    await office.turn("notify", **AT_ONCE)
    return office


async def settled(office: "Desk", **wanted: int) -> dict[str, int]:
    """The counts of callbacks, once none waits and these are so."""

    async def look() -> dict[str, int]:
        counts: dict[str, int] = (await office.json("/api/texts/summary"))["callbacks"]
        return counts if wanted.items() <= counts.items() and not counts["waiting"] else {}

    return await eventually(look)


def genuine(heard: Heard) -> bool:
    """Whether the SDK's validator takes its signature."""
    signature = heard.headers["X-Twilio-Signature"]
    return bool(RequestValidator(TOKEN).validate(heard.url, dict(heard.form), signature))


async def test_each_status_is_reported_and_signed(swift: "Desk", twilio: Twilio, webhook: Webhook) -> None:
    sid = (await twilio.create(body="é", status_callback=f"{webhook.url}/status?r=d.1.m&x=%20y")).sid
    await settled(swift, heard=2)

    assert webhook.statuses() == ["sent", "delivered"]
    assert all(genuine(heard) for heard in webhook.heard)
    assert webhook.heard[0].url.endswith("/status?r=d.1.m&x=%20y")
    assert webhook.heard[0].form == {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": ACCOUNT,
        "From": "Tocsin",
        "To": PHONE,
        "ApiVersion": "2010-04-01",
        "SmsStatus": "sent",
        "MessageStatus": "sent",
    }


async def test_an_end_is_chosen_by_rule(swift: "Desk", twilio: Twilio, webhook: Webhook) -> None:
    end = {"type": "end", "status": "undelivered", "code": 30003}
    await swift.obey({"phase": "deliver", "match": "*123", "action": end}, provider="twilio")

    await twilio.create(status_callback=webhook.url)
    await settled(swift, heard=2)

    assert webhook.statuses() == ["sent", "undelivered"]
    assert webhook.heard[1].form["ErrorCode"] == "30003"


@pytest.mark.parametrize(
    ("rule", "heard", "lost"),
    [
        ({"action": {"type": "lose"}, "statuses": ["delivered"]}, ["sent"], 1),
        ({"action": {"type": "duplicate", "copies": 3}}, ["sent"] * 3 + ["delivered"] * 3, 0),
        ({"action": {"type": "disorder"}}, ["delivered", "sent"], 0),
        ({"action": {"type": "delay", "delay_s": 0.01}, "statuses": ["sent"]}, ["sent", "delivered"], 0),
    ],
)
async def test_reports_go_wrong_by_rule(
    rule: dict[str, object], heard: list[str], lost: int, swift: "Desk", twilio: Twilio, webhook: Webhook
) -> None:
    await swift.obey({"phase": "callback", **rule}, provider="twilio")

    await twilio.create(status_callback=webhook.url)
    await settled(swift, heard=len(heard), lost=lost)

    assert sorted(webhook.statuses()) == sorted(heard)
    if rule["action"] == {"type": "disorder"}:
        assert webhook.statuses() == heard


async def test_twilio_does_not_repeat_a_report_unless_told_to(
    swift: "Desk", twilio: Twilio, webhook: Webhook
) -> None:
    webhook.answers = [500, 500]
    await twilio.create(status_callback=webhook.url)
    unheard = await settled(swift, unheard=2)
    await swift.turn("twilio", callback_retries=2)
    webhook.answers = [500, 403]

    await twilio.create(status_callback=webhook.url)
    again = await settled(swift, heard=1, unheard=3)

    assert (unheard["sent"], unheard["heard"]) == (2, 0)
    assert again["sent"] == 5
    tokens = [heard.headers["I-Twilio-Idempotency-Token"] for heard in webhook.heard[2:]]
    assert len(set(tokens)) == 2


async def test_a_phone_answers(swift: "Desk", twilio: Twilio, webhook: Webhook) -> None:
    await swift.turn("twilio", inbound_url=f"{webhook.url}/messages")
    await twilio.create(from_=None, messaging_service_sid="MG" + "2" * 32)
    [text] = await swift.json(f"/api/phones/{PHONE}/texts")
    webhook.answers = [500]

    answer = {"to": text["sender"], "body": "Yes, thank you ☂"}
    assert await swift.status("POST", f"/api/phones/{PHONE}/texts", answer) == 201
    await settled(swift, heard=1)

    first, second = (heard for heard in webhook.heard if heard.url.endswith("/messages"))
    assert genuine(second)
    assert (second.form["Body"], second.form["From"], second.form["NumMedia"]) == (answer["body"], PHONE, "0")
    assert second.form["MessagingServiceSid"] == "MG" + "2" * 32
    assert first.form == second.form
    assert first.headers["I-Twilio-Idempotency-Token"] == second.headers["I-Twilio-Idempotency-Token"]


async def test_notify_tells_only_ends_and_shows_its_token(
    swift: "Desk", notify: Notify, webhook: Webhook
) -> None:
    await swift.turn("notify", callback_url=webhook.url)
    webhook.answers = [503]

    _, created = await notify.post(reference="d.1.mac")
    await settled(swift, heard=1)

    assert [heard.headers["Authorization"] for heard in webhook.heard] == ["Bearer a-token-of-ours"] * 2
    receipt: dict[str, Any] = json.loads(webhook.heard[1].body)
    assert {name: receipt[name] for name in ("id", "reference", "to", "status", "notification_type")} == {
        "id": created["id"],
        "reference": "d.1.mac",
        "to": PHONE,
        "status": "delivered",
        "notification_type": "sms",
    }
    assert receipt["template_id"] == TEMPLATE


async def test_what_answers_notify_goes_to_notify(swift: "Desk", notify: Notify, webhook: Webhook) -> None:
    await swift.turn("notify", inbound_url=webhook.url)
    _, created = await notify.post()
    answer = {"to": created["content"]["from_number"], "body": "STOP"}

    await swift.status("POST", f"/api/phones/{PHONE}/texts", answer)
    await settled(swift, heard=1)

    inbound: dict[str, Any] = json.loads(webhook.heard[0].body)
    assert (inbound["source_number"], inbound["message"]) == (PHONE.removeprefix("+"), "STOP")
    assert inbound["destination_number"] == "447700900002"
    assert inbound["service_id"] == SERVICE


async def test_a_text_of_a_phone_is_repeated_by_rule(swift: "Desk", webhook: Webhook) -> None:
    await swift.turn("twilio", inbound_url=webhook.url)
    await swift.obey({"phase": "inbound", "action": {"type": "duplicate", "copies": 2}}, provider="twilio")

    await swift.status("POST", f"/api/phones/{PHONE}/texts", {"to": SENDER, "body": "HELP"})
    await until(lambda: len(webhook.heard) == 2)

    assert webhook.heard[0].form == webhook.heard[1].form
