"""Providers of texts that misbehave by rule, on real sockets."""

from typing import TYPE_CHECKING

import aiohttp
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from tests.integration.sandbox.clients import PHONE, THE_SDKS_WAY, Twilio
from tests.support.eventually import until

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk

pytestmark = THE_SDKS_WAY


async def taken(office: "Desk") -> int:
    """How many texts a provider took."""
    count: int = (await office.json("/api/texts/summary"))["taken"]
    return count


async def test_a_rule_refuses_with_a_code_of_its_own(office: "Desk", twilio: Twilio) -> None:
    reply = {"type": "reply", "status": 400, "code": 21408, "text": "Not there"}
    await office.obey({"phase": "create", "match": "+4479*", "action": reply}, provider="twilio")

    assert await twilio.refusal(to="+447911123456") == (400, 21408)
    assert (await twilio.create()).status == "queued"


async def test_a_throttled_client_hears_for_how_long(office: "Desk", twilio: Twilio) -> None:
    reply = {"type": "reply", "status": 429, "retry_after_s": 7}
    await office.obey({"phase": "create", "times": 1, "action": reply}, provider="twilio")
    http = twilio.client.http_client

    refusal = await twilio.refusal()

    assert refusal == (429, 20429)
    assert http._test_only_last_response.headers["Retry-After"] == "7"  # noqa: SLF001 - the SDK shows it nowhere else


@pytest.mark.parametrize(("action", "kept"), [("drop", 0), ("drop_after_accept", 1)])
async def test_a_connection_is_dropped(action: str, kept: int, office: "Desk", twilio: Twilio) -> None:
    await office.obey({"phase": "create", "action": {"type": action}}, provider="twilio")

    with pytest.raises(aiohttp.ClientError):
        await twilio.create()

    assert await taken(office) == kept


@pytest.mark.parametrize(("action", "kept"), [("stall", 0), ("stall_after_accept", 1)])
async def test_an_answer_never_comes(action: str, kept: int, office: "Desk", twilio: Twilio) -> None:
    await office.obey({"phase": "create", "action": {"type": action}}, provider="twilio")

    with pytest.raises(TimeoutError):
        await twilio.create(within=0.3)

    assert await taken(office) == kept


@pytest.mark.parametrize(("action", "kept"), [("garbage", 0), ("garbage_after_accept", 1)])
async def test_an_answer_is_garbage(action: str, kept: int, office: "Desk", twilio: Twilio) -> None:
    await office.obey({"phase": "create", "action": {"type": action}}, provider="twilio")

    with pytest.raises(ValueError, match=r"Expecting value|codec"):
        await twilio.create()

    assert await taken(office) == kept


async def test_what_is_slow_is_taken_also_when_the_client_has_left(office: "Desk", twilio: Twilio) -> None:
    await office.obey({"phase": "create", "action": {"type": "delay", "delay_s": 0.5}}, provider="twilio")

    with pytest.raises(TimeoutError):
        await twilio.create(within=0.1)

    await until(lambda: office.sandbox.texts.tally.taken == 1)


async def test_a_500_may_have_taken_the_text(office: "Desk", twilio: Twilio) -> None:
    reply = {"type": "reply_after_accept", "status": 500, "delay_s": 0.01}
    await office.obey({"phase": "create", "action": reply}, provider="twilio")

    assert await twilio.refusal() == (500, 20500)
    assert len(await twilio.list(to=PHONE)) == 1


async def test_a_look_up_fails_by_rule(office: "Desk", twilio: Twilio) -> None:
    sid = str((await twilio.create()).sid)
    reply = {"type": "reply", "status": 503}
    rules: list[dict[str, object]] = [
        {"phase": phase, "match": PHONE, "times": 1, "action": reply} for phase in ("fetch", "list")
    ]
    await office.obey(*rules, provider="twilio")

    with pytest.raises(TwilioRestException) as fetched:
        await twilio.fetch(sid)
    with pytest.raises(TwilioException):
        await twilio.list(to=PHONE)

    assert (fetched.value.status, fetched.value.code) == (503, 20503)
    assert (await twilio.fetch(sid)).sid == sid
    applied = (await office.json("/api/texts/summary"))["rules_applied"]
    assert applied == {"twilio": [1, 1], "notify": []}


async def test_a_rule_that_makes_no_sense_is_refused(office: "Desk") -> None:
    rules = {"rules": [{"phase": "deliver", "action": {"type": "drop"}}]}

    assert await office.status("PUT", "/api/twilio/rules", rules) == 422
    assert await office.status("POST", "/api/twilio", {"segments_per_s": -1}) == 422
    assert await office.status("POST", "/api/twilio", {"colour": "red"}) == 422
