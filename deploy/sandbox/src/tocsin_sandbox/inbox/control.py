"""What is set at run time: the rules, and whether SMTP listens; and how the sandbox is."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from tocsin_sandbox.smtp.rules import RuleBook, RuleSet
from tocsin_sandbox.smtp.server import SmtpServer


class SmtpState(BaseModel):
    """Whether connections are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    down: bool


def control_routes(smtp: SmtpServer, *, rules: RuleBook) -> APIRouter:
    """The routes that change the behaviour."""
    routes = APIRouter()

    @routes.get("/api/rules")
    async def get_rules() -> RuleSet:
        return rules.rules

    @routes.put("/api/rules")
    async def put_rules(wanted: RuleSet) -> RuleSet:
        rules.replace(wanted)
        await _obey(smtp, down=wanted.down)
        return rules.rules

    @routes.post("/api/smtp")
    async def post_smtp(wanted: SmtpState) -> SmtpState:
        await _obey(smtp, down=wanted.down)
        return SmtpState(down=not smtp.listening)

    @routes.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/ready")
    async def ready() -> Response:
        return JSONResponse({"ready": smtp.listening}, status_code=200 if smtp.listening else 503)

    return routes


async def _obey(smtp: SmtpServer, *, down: bool | None) -> None:
    if down:
        smtp.go_down()
    elif down is False:
        await smtp.listen()
