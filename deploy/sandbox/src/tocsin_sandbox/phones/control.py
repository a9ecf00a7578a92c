"""What is set at run time for one provider: its behaviour and its rules."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import ValidationError

from tocsin_sandbox.phones.behaviour import Dial, MannerT
from tocsin_sandbox.phones.rules import RuleBook, RuleSet


def control_routes(name: str, *, rules: RuleBook, dial: Dial[MannerT]) -> APIRouter:
    """The routes under /api/NAME."""
    routes = APIRouter(prefix=f"/api/{name}")

    @routes.get("")
    async def get_behaviour() -> dict[str, Any]:
        return dial.now.model_dump(mode="json")

    @routes.post("")
    async def post_behaviour(changes: dict[str, Any]) -> dict[str, Any]:
        try:
            return dial.turn(changes).model_dump(mode="json")
        except ValidationError as error:
            raise HTTPException(422, error.errors(include_url=False, include_context=False)) from error

    @routes.get("/rules")
    async def get_rules() -> RuleSet:
        return rules.rules

    @routes.put("/rules")
    async def put_rules(wanted: RuleSet) -> RuleSet:
        rules.replace(wanted)
        return rules.rules

    return routes
