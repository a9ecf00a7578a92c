"""The app: routes, what stands before them, and what becomes of errors."""

from functools import cache
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp

from alert_api import (
    acknowledgement_routes,
    alert_routes,
    change_routes,
    health_routes,
    page_routes,
    receipt_routes,
    reply_routes,
    seen_routes,
    suppression_routes,
    unsubscribe_routes,
)
from alert_api.admission import Admission
from alert_api.alert_door import AlertDoor
from alert_api.callback_routes import CallbackRoutes
from alert_api.faults import rule_of
from alert_api.openapi import describe
from alert_api.problems import Fault, Problem
from alert_api.services import Services

_ROUTERS: Final = (
    acknowledgement_routes.router,
    alert_routes.router,
    change_routes.router,
    receipt_routes.router,
    reply_routes.router,
    suppression_routes.router,
    health_routes.router,
    seen_routes.router,
    unsubscribe_routes.router,
    page_routes.router,
)
_METHOD_NOT_ALLOWED: Final = 405


def create_app(services: Services, *, public_url: str) -> ASGIApp:
    """Build what is served; nothing starts with it."""
    app = FastAPI(
        openapi_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        exception_handlers={HTTPException: _route_problem, RequestValidationError: _parameter_problem},
    )
    app.add_middleware(Admission, services=services)
    for router in _ROUTERS:
        app.include_router(router)
    app.state.services = services
    app.state.description = cache(lambda: describe(app.routes, public_url=public_url))
    return CallbackRoutes(AlertDoor(app, services=services), services=services)


async def _route_problem(request: Request, error: HTTPException) -> Response:
    """No such path, or not with this method."""
    if error.status_code != _METHOD_NOT_ALLOWED:
        return Problem("not-found").response(request.state.request_id)
    allowed = sorted({method for route in _routes() for method in _methods(route, request)})
    return Problem("method", headers={"Allow": ", ".join(allowed)}).response(request.state.request_id)


async def _parameter_problem(request: Request, error: RequestValidationError) -> Response:
    """A malformed id names nothing; a query parameter or header is told of."""
    faults = [
        Fault(str(each["loc"][-1])[:64], rule_of(each["type"]), f"{each['msg']}.")
        for each in error.errors()
        if each["loc"][0] != "path"
    ]
    problem = Problem("parameters", faults=faults) if faults else Problem("not-found")
    return problem.response(request.state.request_id)


def _routes() -> list[BaseRoute]:
    return [route for router in _ROUTERS for route in router.routes]


def _methods(route: BaseRoute, request: Request) -> set[str]:
    match, _ = route.matches(request.scope)
    return set() if match is Match.NONE else set(getattr(route, "methods", ()))
