"""The stand-in for GOV.UK Notify."""

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.sandbox.clients import PHONE, SERVICE, TEMPLATE, Notify, jwt
from tests.support.eventually import eventually

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk


async def delivered(notify: Notify, ref: str) -> dict[str, object]:
    """The notification, once it is delivered."""

    async def look() -> dict[str, object] | None:
        _, found = await notify.get(f"/{ref}")
        return found if found["status"] == "delivered" else None

    found = await eventually(look)
    assert found is not None
    return found


async def test_a_text_is_taken_and_delivered(notify: Notify) -> None:
    status, created = await notify.post(phone_number="07700 900123", reference="d.1.mac")

    assert status == 201
    assert created["content"] == {"body": "Flood warning", "from_number": "+447700900002"}
    assert created["uri"].endswith(f"/v2/notifications/{created['id']}")
    found = await delivered(notify, created["id"])
    assert (found["phone_number"], found["reference"], found["type"]) == (PHONE, "d.1.mac", "sms")
    assert found["cost_in_pounds"] == 0.0227
    assert found["completed_at"]


async def test_the_list_finds_by_reference(notify: Notify) -> None:
    _, first = await notify.post(reference="a")
    _, second = await notify.post(reference="a")
    await notify.post(reference="b")

    _, found = await notify.get("?reference=a&template_type=sms")
    _, older = await notify.get(f"?reference=a&older_than={second['id']}")
    _, nothing = await notify.get("?reference=c")
    _, failed = await notify.get("?status=failed")

    assert [one["id"] for one in found["notifications"]] == [second["id"], first["id"]]
    assert [one["id"] for one in older["notifications"]] == [first["id"]]
    assert nothing["notifications"] == failed["notifications"] == []
    assert "next" not in nothing["links"]


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"phone_number": "12"}, "ValidationError", "phone_number Number is not valid"),
        ({"phone_number": "01632 960001"}, "ValidationError", "phone_number Not a UK mobile number"),
        ({"template_id": "x"}, "ValidationError", "template_id is not a valid UUID"),
        ({"template_id": SERVICE}, "BadRequestError", "Template not found"),
        ({"personalisation": {}}, "BadRequestError", "Missing personalisation: message"),
        ({"personalisation": {"message": "x" * 919}}, "BadRequestError", "cannot be longer than 918"),
        ({"colour": "red"}, "ValidationError", "Additional properties are not allowed"),
    ],
)
async def test_what_will_not_do_is_refused_with_notifys_words(
    asked: dict[str, Any], error: str, message: str, notify: Notify
) -> None:
    status, answer = await notify.post(**asked)

    assert (status, answer["status_code"], answer["errors"][0]["error"]) == (400, 400, error)
    assert message in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [
        ("x", 403, "signature, api token is not valid"),
        (jwt(service=TEMPLATE), 403, "service not found"),
        (jwt(key=SERVICE), 403, "API key not found"),
        (jwt(issued=time.time() - 3_600), 403, "within 30 seconds"),
    ],
)
async def test_who_shows_no_good_token_is_refused(
    token: str, status: int, message: str, notify: Notify
) -> None:
    refused, answer = await notify.post(token=token)

    assert (refused, answer["errors"][0]["error"]) == (status, "AuthError")
    assert message in answer["errors"][0]["message"]


async def test_without_any_token_it_is_401(office: "Desk") -> None:
    assert await office.status("GET", "/v2/notifications") == 401


async def test_without_credentials_everyone_is_refused(desk: "Desk") -> None:
    status, _ = await Notify(desk.http).post(token=jwt(service="", key=""))

    assert status == 403


async def test_more_requests_a_minute_than_allowed_are_refused(office: "Desk", notify: Notify) -> None:
    await office.turn("notify", requests_per_minute=1)

    statuses = {(await notify.post())[0] for _ in range(3)}  # a minute may end in between, but not two

    assert statuses == {201, 429}


async def test_faults_come_by_rule(office: "Desk", notify: Notify) -> None:
    reply = {
        "type": "reply_after_accept",
        "status": 500,
        "code": "Exception",
        "text": "Internal server error",
    }
    await office.obey({"phase": "create", "times": 1, "action": reply}, provider="notify")

    status, answer = await notify.post(reference="a")
    _, found = await notify.get("?reference=a")

    assert status == 500
    assert answer["errors"] == [{"error": "Exception", "message": "Internal server error"}]
    assert len(found["notifications"]) == 1
