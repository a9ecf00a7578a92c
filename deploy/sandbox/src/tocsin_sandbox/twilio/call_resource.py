"""A call as Twilio's API shows it."""

from tocsin_sandbox.calls.call import Call
from tocsin_sandbox.twilio.resource import VERSION, rfc2822


def call_resource(call: Call) -> dict[str, object]:
    """The Call resource."""
    asked = call.asked
    uri = f"/{VERSION}/Accounts/{asked.account}/Calls/{call.sid}"
    return {
        "account_sid": asked.account,
        "annotation": None,
        "answered_by": call.answered_by,
        "api_version": VERSION,
        "caller_name": None,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at),
        "direction": "outbound-api",
        "duration": None if call.duration_s is None else str(call.duration_s),
        "end_time": None if call.ended_at is None else rfc2822(call.ended_at),
        "forwarded_from": None,
        "from": asked.sender,
        "from_formatted": asked.sender,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "GBP",
        "queue_time": f"{((call.dialled_at or call.created_at) - call.created_at) * 1_000:.0f}",
        "sid": call.sid,
        "start_time": None if call.dialled_at is None else rfc2822(call.dialled_at),
        "status": call.status,
        "subresource_uris": {"events": f"{uri}/Events.json", "recordings": f"{uri}/Recordings.json"},
        "to": asked.to,
        "to_formatted": asked.to,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }
