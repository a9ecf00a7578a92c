"""The API description: made from the code, plus what types alone cannot say."""

from collections.abc import Mapping, Sequence
from typing import Final

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, JsonValue
from starlette.routing import BaseRoute

from alert_api.alert_changes import AlertUpdate, CancelPost
from alert_api.alert_post import AlertPost
from alert_api.reply_answer import AnswerPost
from alert_api.suppression_lift import LiftPost
from alert_api.views import ProblemView

_ABOUT: Final = """Post an alert; it reaches every resident who should know.

Times are RFC 3339 with offset, coordinates GeoJSON (longitude, latitude, WGS84), ids UUIDs. Errors are
`application/problem+json`, and each type has a page under `/problems/`. Every answer tells the limits in
`RateLimit-Policy` and `RateLimit`; send `X-Request-Id` to find a request again."""
_REF: Final = "#/components/schemas/{model}"

PROBLEM: Final[dict[int | str, dict[str, object]]] = {
    "default": {
        "description": "A problem.",
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="ProblemView")}}},
    }
}
"""Default answer of every operation; also keeps FastAPI's own error schema out."""


_BODIES: Final[Sequence[type[BaseModel]]] = (
    AlertPost,
    AlertUpdate,
    AnswerPost,
    CancelPost,
    LiftPost,
    ProblemView,
)


def body_of(model: type[BaseModel]) -> dict[str, JsonValue]:
    """What describes an operation that takes this body."""
    schema: dict[str, JsonValue] = {"$ref": _REF.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def describe(routes: Sequence[BaseRoute], *, public_url: str) -> Mapping[str, JsonValue]:
    """OpenAPI 3.1 of an app's routes."""
    document: dict[str, dict[str, dict[str, JsonValue]]] = get_openapi(
        title="Tocsin",
        version="1",
        description=_ABOUT,
        routes=routes,
        servers=[{"url": public_url}],
    )
    components = document["components"]
    bodies = {name: schema for model in _BODIES for name, schema in _schemas(model).items()}
    components["schemas"] = {**bodies, **components["schemas"]}
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "bearerFormat": "tcsn_<id>_<secret>"}
    }
    for path, operations in document["paths"].items():
        _require_key(operations, where=path)
    return document  # type: ignore[return-value] # JSON throughout; the annotation above is only what is touched


def _require_key(operations: Mapping[str, JsonValue], *, where: str) -> None:
    for operation in operations.values():
        if where.startswith("/v1/") and isinstance(operation, dict):
            operation["security"] = [{"key": []}]


def _schemas(model: type[BaseModel]) -> dict[str, JsonValue]:
    schema = model.model_json_schema(ref_template=_REF)
    inner: dict[str, JsonValue] = schema.pop("$defs", {})
    return {**inner, model.__name__: schema}
