"""The stand-in for Twilio put together."""

from collections.abc import Mapping
from uuid import uuid4

from fastapi import APIRouter

from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.control import control_routes
from tocsin_sandbox.phones.door import Door
from tocsin_sandbox.phones.replies import Reply
from tocsin_sandbox.phones.rules import RuleBook
from tocsin_sandbox.phones.segments import segments_of
from tocsin_sandbox.phones.text import NONE, Draft, Provider, Text
from tocsin_sandbox.phones.texts import Texts
from tocsin_sandbox.twilio.behaviour import TwilioBehaviour
from tocsin_sandbox.twilio.reports import inbound_post
from tocsin_sandbox.twilio.stops import Stops
from tocsin_sandbox.twilio.twilio import Twilio


class TwilioStandIn:
    """Its door for clients, its routes for whoever controls it, its ear for phones."""

    def __init__(
        self, texts: Texts, *, callbacks: Callbacks, tokens: Mapping[str, str], behaviour: TwilioBehaviour
    ) -> None:
        self.rules = RuleBook()
        self._dial = Dial(behaviour)
        self._stops = Stops()
        self._texts = texts
        self._callbacks = callbacks
        self._tokens = tokens
        self._twilio = Twilio(
            texts, callbacks=callbacks, tokens=tokens, rules=self.rules, dial=self._dial, stops=self._stops
        )
        self.door = Door(self._twilio, rules=self.rules, dial=self._dial)

    def routes(self) -> APIRouter:
        """Those under /api/twilio."""
        return control_routes("twilio", rules=self.rules, dial=self._dial)

    def hear(self, reply: Reply) -> Text:
        """Take a phone's text and hand it on."""
        answered = None if reply.answering is None else reply.answering.draft
        account = answered.account if answered is not None else next(iter(self._tokens), "")
        service = answered.service if answered is not None else ""
        draft = Draft(
            provider=Provider.TWILIO,
            account=account,
            ref=f"SM{uuid4().hex}",
            reference=NONE,
            status="received",
            sender=reply.number,
            service=service,
            to=answered.sender if answered is not None else reply.to,
            body=reply.body,
            segments=segments_of(reply.body),
            begun=reply.begun,
        )
        self._stops.hear(reply.body, number=reply.number, sender=service or draft.to)
        text = self._texts.receive(draft)
        self._hand_on(text)
        return text

    def resume(self) -> None:
        """Carry on with what a restart left."""
        self._twilio.resume()

    def clear(self) -> None:
        """Forget what is under way, and who stopped whom."""
        self._twilio.carrier.clear()
        self._stops.clear()

    def _hand_on(self, text: Text) -> None:
        behaviour, token = self._dial.now, self._tokens.get(text.draft.account)
        if behaviour.inbound_url is not None and token is not None:
            self._callbacks.post(
                inbound_post(text, behaviour.inbound_url, token=token, behaviour=behaviour, rules=self.rules)
            )
