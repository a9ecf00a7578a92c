"""`POST /v1/alerts`, served before the app, whose machinery takes longer than all else that is not the ledger's."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from alert_api.admission import Admission
from alert_api.alert_routes import post_alert
from alert_api.requests import no_parameters, required_key, writer
from alert_api.services import Services

PATH: Final = "/v1/alerts"


@dataclass(frozen=True, slots=True)
class _Route:
    path: str


class AlertDoor:
    """Asks of a request what the route does, in its order."""

    def __init__(self, app: ASGIApp, *, services: Services) -> None:
        self._app = app
        self._services = services
        self._admission = Admission(self._answer, services=services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is for us, and pass on what is not."""
        is_ours = scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST"
        await (self._admission if is_ours else self._app)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = _Route(PATH)  # what measures go by
        request = Request(scope, receive)
        await no_parameters(request)
        caller = await writer(request)
        key = required_key(request.headers.get("idempotency-key"))
        response = await post_alert(request, caller, key, self._services)
        await response(scope, receive, send)
