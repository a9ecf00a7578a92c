"""The stand-in for Twilio's calls put together."""

from collections.abc import Mapping

from fastapi import APIRouter

from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.calls.calls import Calls
from tocsin_sandbox.calls.exchange import Exchange
from tocsin_sandbox.calls.life import World
from tocsin_sandbox.calls.switchboard import Switchboard
from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.control import control_routes
from tocsin_sandbox.phones.door import Door
from tocsin_sandbox.phones.rules import RuleBook
from tocsin_sandbox.twilio.call_client import TwilioClient
from tocsin_sandbox.twilio.calls import TwilioCalls


class CallsStandIn:
    """Its door for clients, its routes for whoever controls it, its exchange."""

    def __init__(
        self, calls: Calls, *, callbacks: Callbacks, tokens: Mapping[str, str], behaviour: CallsBehaviour
    ) -> None:
        self._rules = RuleBook()
        self._dial = Dial(behaviour)
        self._client = TwilioClient(
            calls, callbacks=callbacks, tokens=tokens, rules=self._rules, dial=self._dial
        )
        world = World(calls=calls, client=self._client, rules=self._rules)
        self._exchange = Exchange(world, dial=self._dial)
        api = TwilioCalls(calls, exchange=self._exchange, tokens=tokens, dial=self._dial)
        self.board = Switchboard(
            calls, exchange=self._exchange, callbacks=callbacks, rules=self._rules, dial=self._dial
        )
        self.door = Door(api, rules=self._rules, dial=self._dial)

    def routes(self) -> APIRouter:
        """Those under /api/twilio/calls."""
        return control_routes("twilio/calls", rules=self._rules, dial=self._dial)

    def start(self) -> None:
        """Carry on with what a restart left."""
        self._exchange.resume()

    async def stop(self) -> None:
        """Call nobody any more; what is not over waits for the next start."""
        await self._exchange.stop()
        await self._client.close()
