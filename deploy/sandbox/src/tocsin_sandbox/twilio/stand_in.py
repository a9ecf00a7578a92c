"""The stand-in for Twilio put together."""

from collections.abc import Mapping

from fastapi import APIRouter

from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.control import control_routes
from tocsin_sandbox.phones.door import Door
from tocsin_sandbox.phones.rules import RuleBook
from tocsin_sandbox.phones.texts import Texts
from tocsin_sandbox.twilio.behaviour import TwilioBehaviour
from tocsin_sandbox.twilio.twilio import Twilio


class TwilioStandIn:
    """Its door for clients, and its routes for whoever controls it."""

    def __init__(
        self, texts: Texts, *, callbacks: Callbacks, tokens: Mapping[str, str], behaviour: TwilioBehaviour
    ) -> None:
        self.rules = RuleBook()
        self.dial = Dial(behaviour)
        self.twilio = Twilio(texts, callbacks=callbacks, tokens=tokens, rules=self.rules, dial=self.dial)
        self.door = Door(self.twilio, rules=self.rules, dial=self.dial)

    def routes(self) -> APIRouter:
        """Those under /api/twilio."""
        return control_routes("twilio", rules=self.rules, dial=self.dial)
