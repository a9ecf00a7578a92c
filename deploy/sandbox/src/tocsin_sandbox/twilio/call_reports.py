"""What Twilio tells its clients of calls: their statuses, and who answered. Signed."""

import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.calls.call import ENDS, Call
from tocsin_sandbox.phones.callbacks import Post
from tocsin_sandbox.phones.rules import Phase, RuleBook
from tocsin_sandbox.twilio.reports import signed_headers
from tocsin_sandbox.twilio.resource import VERSION, rfc2822

DETECTED: Final = "amd"
"""The status a rule knows the report of who answered by."""

_MINUTE_S: Final = 60
_EVENTS: Final[Mapping[str, str]] = {
    "initiated": "initiated",
    "ringing": "ringing",
    "in-progress": "answered",
    **dict.fromkeys(ENDS, "completed"),
}
"""The event each status is."""


def is_wanted(call: Call) -> bool:
    """Whether its status is to be reported."""
    return bool(call.asked.callback) and _EVENTS.get(call.status) in call.asked.events


def status_post(call: Call, *, token: str, behaviour: CallsBehaviour, rules: RuleBook) -> Post:
    """The report of the status it has now."""
    fields = usual_fields(call) | {
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(call.reports),
        "Timestamp": rfc2822(time.time()),
    }
    if call.answered_by is not None:
        fields["AnsweredBy"] = call.answered_by
    if call.final:
        seconds = call.duration_s or 0
        fields |= {"CallDuration": str(seconds), "Duration": str(-(-seconds // _MINUTE_S))}
    if call.status == "failed" and call.code is not None:
        fields["ErrorCode"] = str(call.code)
    return _post(call, call.asked.callback, fields, token=token, behaviour=behaviour, rules=rules)


def detected_post(
    call: Call, *, after_s: float, token: str, behaviour: CallsBehaviour, rules: RuleBook
) -> Post:
    """The report of who answered."""
    fields = {
        "CallSid": call.sid,
        "AccountSid": call.asked.account,
        "AnsweredBy": str(call.answered_by),
        "MachineDetectionDuration": f"{after_s * 1_000:.0f}",
    }
    url = call.asked.detection_callback
    return _post(call, url, fields, token=token, behaviour=behaviour, rules=rules, status=DETECTED)


def usual_fields(call: Call) -> dict[str, str]:
    """What every request about a call tells."""
    asked = call.asked
    return {
        "CallSid": call.sid,
        "AccountSid": asked.account,
        "From": asked.sender,
        "To": asked.to,
        "Caller": asked.sender,
        "Called": asked.to,
        "CallStatus": call.status,
        "Direction": "outbound-api",
        "ApiVersion": VERSION,
    }


def _post(
    call: Call,
    url: str,
    fields: Mapping[str, str],
    *,
    token: str,
    behaviour: CallsBehaviour,
    rules: RuleBook,
    status: str = "",
) -> Post:
    status = status or call.status
    return Post(
        url=url,
        body=urlencode(fields).encode(),
        headers=signed_headers(url, fields, token=token, key=f"{call.sid} {status}"),
        phase=Phase.CALLBACK,
        rules=rules,
        number=call.asked.to,
        ref=call.sid,
        status=status,
        last=call.final,
        retries=behaviour.callback_retries,
        retry_s=behaviour.callback_retry_s,
    )
