"""Every way a request can fail: RFC 9457 problems, one slug each. Slugs never change."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Final

from fastapi.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem, and what its page says."""

    status: HTTPStatus
    title: str
    meaning: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule: where (JSON pointer, or the name of a parameter), which, and in words. Never the value."""

    pointer: str
    rule: str
    detail: str


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """Ends a request with an `application/problem+json` answer."""

    def __init__(
        self,
        slug: str,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.detail = detail
        self.faults = tuple(dict.fromkeys(faults))
        self.headers = dict(headers or {})

    @property
    def kind(self) -> Kind:
        """What the slug stands for."""
        return PROBLEMS[self.slug]

    def response(self, request_id: str) -> JSONResponse:
        """The answer; `request_id` makes it findable in the logs."""
        body: dict[str, object] = {
            "type": f"/problems/{self.slug}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail or self.kind.meaning,
            "instance": f"urn:tocsin:request:{request_id}",
        }
        if self.faults:
            body["errors"] = [asdict(fault) for fault in self.faults]
        return JSONResponse(
            body, self.kind.status, headers=self.headers, media_type="application/problem+json"
        )


PROBLEMS: Final[Mapping[str, Kind]] = {
    "malformed": Kind(
        HTTPStatus.BAD_REQUEST,
        "The body is not JSON",
        "The body could not be read as one JSON document in UTF-8.",
        "Check the body with a JSON parser. NaN, Infinity and lone surrogates are not JSON.",
    ),
    "callback": Kind(
        HTTPStatus.BAD_REQUEST,
        "The report is none",
        "It could not be read, or says of a message what cannot be said of one that was sent.",
        "Check that the provider reports status changes, and incoming texts, to the address made for each.",
    ),
    "parameters": Kind(
        HTTPStatus.BAD_REQUEST,
        "A query parameter is wrong",
        "A query parameter is unknown, or its value is not allowed.",
        "`errors` names each parameter and the rule it breaks. The allowed ones are in the API description.",
    ),
    "cursor": Kind(
        HTTPStatus.BAD_REQUEST,
        "The cursor is not one of ours",
        "`after` must be a value that this list gave as `next` or `cursor`, unchanged.",
        "Start from the beginning, without `after`, or from the last cursor you stored.",
    ),
    "idempotency-key": Kind(
        HTTPStatus.BAD_REQUEST,
        "The Idempotency-Key is missing or malformed",
        "This request needs the header Idempotency-Key: 1 to 255 visible ASCII characters.",
        "Send a new random UUID for each alert, and the same one when you repeat a request after an error.",
    ),
    "unauthorized": Kind(
        HTTPStatus.UNAUTHORIZED,
        "A valid API key is needed",
        "The header Authorization: Bearer tcsn_… is missing, or its key is unknown or revoked.",
        "Ask the operator for a key: `tocsin keys add AGENCY --scope …`.",
    ),
    "scope": Kind(
        HTTPStatus.FORBIDDEN,
        "The API key may not do this",
        "The key is valid, but lacks the scope that this request needs.",
        "Use a key with that scope, or ask the operator for one.",
    ),
    "signature": Kind(
        HTTPStatus.FORBIDDEN,
        "Nothing proves who sent this",
        "The signature or the token is missing, or is not that of an account of ours. Nothing was done.",
        "Compare the account and its token, and the public URL: Twilio signs the URL as it calls it.",
    ),
    "not-found": Kind(
        HTTPStatus.NOT_FOUND,
        "There is no such thing here",
        "The path names nothing, or nothing of yours.",
        "Check the path and the id. Another agency's things are not told apart from things that never were.",
    ),
    "method": Kind(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "The method does not apply here",
        "The path exists, but not with this method.",
        "The header Allow lists the methods that do.",
    ),
    "slow-body": Kind(
        HTTPStatus.REQUEST_TIMEOUT,
        "The body did not arrive in time",
        "The rest of the body was awaited for half a minute. Nothing was stored.",
        "Repeat it with the same Idempotency-Key, over a better connection.",
    ),
    "idempotency-in-flight": Kind(
        HTTPStatus.CONFLICT,
        "The same request is being answered right now",
        "Another request with this Idempotency-Key has not been answered yet.",
        "Repeat it after the seconds in Retry-After: you will get the first one's answer.",
    ),
    "alert-state": Kind(
        HTTPStatus.CONFLICT,
        "The alert is in another state",
        "What was asked is not possible in the state the alert is in.",
        "Live alerts can be cancelled and updated. What is completed can, for 7 days, be updated, or cancelled with an "
        "all_clear. What has not begun, or is cancelled, cannot be updated: post a new alert.",
    ),
    "reply-state": Kind(
        HTTPStatus.CONFLICT,
        "The reply is in another state",
        "What was asked is not possible in the state the reply is in.",
        "Open replies that came as texts and are about an alert can be answered, once, where their sender still lets you "
        "text them. Close what needs no answer, or can have none.",
    ),
    "too-large": Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large",
        "A body may have 1 MiB (1,048,576 bytes).",
        "Simplify polygons, or name areas by code.",
    ),
    "media-type": Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The media type is not supported",
        "Bodies are JSON: Content-Type must be application/json, without Content-Encoding.",
        "Set the header Content-Type: application/json.",
    ),
    "validation": Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The body breaks rules",
        "The body is JSON, but fields of it break rules. Nothing was stored.",
        "`errors` lists every fault: a JSON pointer to the field, the rule, and the rule in words.",
    ),
    "idempotency-mismatch": Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The Idempotency-Key was used for another body",
        "Within the last 24 hours this key was answered for a different body. Nothing was stored.",
        "Use a new key for a new alert; repeat the same body to get the first answer again.",
    ),
    "rate-limit": Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests",
        "The limit in RateLimit-Policy is used up.",
        "Wait for the seconds in Retry-After. RateLimit tells beforehand what is left.",
    ),
    "overload": Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too much under way at once",
        "Your agency has as many bytes of bodies under way as one agency may. This body was not read.",
        "Repeat it after the seconds in Retry-After, with the same Idempotency-Key, and send fewer at a time.",
    ),
    "busy": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too much under way from everybody",
        "All agencies together have as many bytes of bodies under way as this server takes. This body was not read.",
        "Repeat it after the seconds in Retry-After, with the same Idempotency-Key.",
    ),
    "internal": Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something is wrong on our side",
        "A defect; whether the request took effect is not known.",
        "Repeat it with the same Idempotency-Key. If it stays, tell the operator the `instance`.",
    ),
    "unavailable": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The ledger cannot be reached",
        "The database does not answer, so nothing can be accepted or read right now.",
        "Repeat it after the seconds in Retry-After, with the same Idempotency-Key.",
    ),
}
