"""Twilio's errors in its own words and shape (https://www.twilio.com/docs/api/errors)."""

from collections.abc import Mapping
from typing import Final

from tocsin_sandbox.phones.door import Answer

MORE_INFO: Final = "https://www.twilio.com/docs/errors/{code}"

ERRORS: Final[Mapping[int, tuple[int, str]]] = {
    10004: (429, "Call concurrency limit exceeded"),
    20001: (400, "The parameters of the request are not valid"),
    20003: (401, "Authenticate"),
    20004: (405, "The method is not allowed for this resource"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service Unavailable"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url parameter is required, and has to be a valid URL."),
    21210: (400, "The source phone number provided is not yet verified for your account."),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21213: (400, "'From' number is not specified"),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    21266: (400, "'To' and 'From' numbers cannot be the same"),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided is not a valid, message-capable Twilio phone number."),
    21609: (400, "The 'StatusCallback' URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    30409: (400, "Message cannot be canceled"),
    35118: (400, "MessagingServiceSid is required to schedule a message"),
    90007: (400, "Invalid validity period value"),
}

USUAL: Final[Mapping[int, int]] = {
    400: 20001,
    401: 20003,
    404: 20404,
    405: 20004,
    429: 20429,
    500: 20500,
    503: 20503,
}
"""The code of an HTTP status where nobody chose one."""

FAILURES: Final[Mapping[int, str]] = {
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Carrier violation",
    30008: "Unknown error",
    30010: "Message price exceeds max price",
    30036: "Validity Period Expired",
}
"""What a message's `error_message` says; of others it says nothing."""


def error(code: int, *, text: str | None = None, retry_after_s: int | None = None) -> Answer:
    """The answer to a request that fails with this code."""
    status, usual = ERRORS[code]
    return error_body(status, code=code, text=text or usual, retry_after_s=retry_after_s)


def error_body(status: int, *, code: int, text: str, retry_after_s: int | None = None) -> Answer:
    """Any error in Twilio's shape."""
    body = {"code": code, "message": text, "more_info": MORE_INFO.format(code=code), "status": status}
    return Answer.of(status, body, retry_after_s=retry_after_s)
