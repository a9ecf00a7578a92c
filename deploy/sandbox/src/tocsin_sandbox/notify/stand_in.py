"""The stand-in for GOV.UK Notify put together."""

from uuid import uuid4

from fastapi import APIRouter

from tocsin_sandbox.notify.account import NotifyAccount
from tocsin_sandbox.notify.behaviour import NotifyBehaviour
from tocsin_sandbox.notify.notify import Notify
from tocsin_sandbox.notify.reports import inbound_post
from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.control import control_routes
from tocsin_sandbox.phones.door import Door
from tocsin_sandbox.phones.replies import Reply
from tocsin_sandbox.phones.rules import RuleBook
from tocsin_sandbox.phones.segments import segments_of
from tocsin_sandbox.phones.text import NONE, Draft, Provider, Text
from tocsin_sandbox.phones.texts import Texts


class NotifyStandIn:
    """Its door for clients, its routes for whoever controls it, its ear for phones."""

    def __init__(
        self, texts: Texts, *, callbacks: Callbacks, account: NotifyAccount, behaviour: NotifyBehaviour
    ) -> None:
        self.rules = RuleBook()
        self._texts = texts
        self._callbacks = callbacks
        self._service = account.service_id
        self._dial = Dial(behaviour)
        self._notify = Notify(texts, callbacks=callbacks, account=account, rules=self.rules, dial=self._dial)
        self.door = Door(self._notify, rules=self.rules, dial=self._dial)

    def routes(self) -> APIRouter:
        """Those under /api/notify."""
        return control_routes("notify", rules=self.rules, dial=self._dial)

    def hear(self, reply: Reply) -> Text:
        """Take a phone's text and hand it on."""
        draft = Draft(
            provider=Provider.NOTIFY,
            account=self._service,
            ref=str(uuid4()),
            reference=NONE,
            status="received",
            sender=reply.number,
            to=reply.to,
            body=reply.body,
            segments=segments_of(reply.body),
            begun=reply.begun,
        )
        text, behaviour = self._texts.receive(draft), self._dial.now
        if behaviour.inbound_url is not None:
            post = inbound_post(text, behaviour.inbound_url, behaviour=behaviour, rules=self.rules)
            self._callbacks.post(post)
        return text

    def resume(self) -> None:
        """Carry on with what a restart left."""
        self._notify.resume()

    def clear(self) -> None:
        """Forget what is under way."""
        self._notify.carrier.clear()
