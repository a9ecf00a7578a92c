"""`/health`, `/ready`, `/metrics`: for operators and their machines."""

from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from alert_api.services import With
from alert_api.views import ReadyView

router: Final = APIRouter(tags=["operation"])


@router.get("/health", summary="Whether the process lives")
async def health() -> dict[str, str]:
    """Answer, whatever else is down."""
    return {"status": "alive"}


@router.get(
    "/ready", responses={200: {"model": ReadyView}, 503: {"model": ReadyView}}, summary="Whether it can work"
)
async def ready(services: With) -> Response:
    """Tell whether the ledger answers. Kafka is told of, but alerts are accepted without it."""
    database = await services.database.answers()
    view = ReadyView(
        ready=database,
        database="up" if database else "down",
        kafka="up" if services.outlet.healthy else "down",
    )
    return JSONResponse(view.model_dump(mode="json"), 200 if database else 503)


@router.get("/metrics", summary="Prometheus metrics")
async def metrics(services: With) -> Response:
    """Show the metrics in Prometheus' text format."""
    return Response(generate_latest(services.registry), media_type=CONTENT_TYPE_LATEST)
