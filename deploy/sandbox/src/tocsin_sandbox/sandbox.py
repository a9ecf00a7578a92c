"""The sandbox put together: one process, one loop, SMTP and HTTP beside each other.

Another stand-in provider is another package beside `smtp`: it is built here, and its routes join the application
here. Those that carry texts and calls have a door each, at their own paths of the one HTTP port.
"""

import asyncio
import ssl
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp

from tocsin_sandbox.bounces.bouncer import Bouncer
from tocsin_sandbox.bounces.recorder import BouncingRecorder
from tocsin_sandbox.calls.api import calls_routes
from tocsin_sandbox.calls.calls import Calls
from tocsin_sandbox.calls.page import calls_page_routes
from tocsin_sandbox.inbox.api import inbox_routes
from tocsin_sandbox.inbox.control import control_routes
from tocsin_sandbox.inbox.listing import Listing
from tocsin_sandbox.inbox.page import page_routes
from tocsin_sandbox.mailbox.mailbox import Mailbox
from tocsin_sandbox.notify.notify import PREFIX as NOTIFY
from tocsin_sandbox.notify.stand_in import NotifyStandIn
from tocsin_sandbox.phones.api import phones_routes
from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.desk import Desk
from tocsin_sandbox.phones.page import phones_page_routes
from tocsin_sandbox.phones.replies import StandIn
from tocsin_sandbox.phones.text import Provider
from tocsin_sandbox.phones.texts import Texts
from tocsin_sandbox.settings import Settings
from tocsin_sandbox.smtp.neighbours import Recorder
from tocsin_sandbox.smtp.offer import Offer
from tocsin_sandbox.smtp.rules import RuleBook, RuleSet
from tocsin_sandbox.smtp.server import SmtpServer
from tocsin_sandbox.twilio.calls_stand_in import CallsStandIn
from tocsin_sandbox.twilio.front import TwilioFront
from tocsin_sandbox.twilio.stand_in import TwilioStandIn
from tocsin_sandbox.twilio.twilio import PREFIX as TWILIO
from tocsin_sandbox.web import Front, HttpServer, application


class Sandbox:
    """`async with Sandbox(settings) as sandbox:` runs it; then `smtp_port` and `http_port` are those really bound.

    Raises:
        OSError: An address or the data folder cannot be had.
        ValueError: The rules file does not hold rules.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Self:
        """Open the mailbox, then listen."""
        settings = self._settings
        rules = _rules(settings)
        self._bouncer = Bouncer(settings.bounce_host, settings.bounce_port)
        self.mailbox = Mailbox(
            settings.data_dir,
            keep_messages=settings.keep_messages,
            keep_bytes=settings.keep_bytes,
            fsync=settings.fsync,
        )
        try:
            self.texts = Texts(settings.data_dir, keep=settings.keep_texts, fsync=settings.fsync)
            self.calls = Calls(settings.data_dir, keep=settings.keep_calls, fsync=settings.fsync)
            await self._start(rules)
        except BaseException:
            self.mailbox.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Record what waits, say goodbye, close."""
        self.mailbox.write()
        self._smtp.close()
        try:
            await self._bouncer.stop()
            await self._http.stop()
            await self._twilio_calls.stop()
            await self._desk.stop()
        finally:
            self.calls.close()
            self.texts.close()
            self.mailbox.close()

    @property
    def smtp_port(self) -> int:
        """Where SMTP listens, or did until it was put down."""
        return self._smtp.port

    @property
    def http_port(self) -> int:
        """Where the API and the page are."""
        return self._http.port

    async def until(self, stop: asyncio.Event) -> None:
        """Run until asked to stop.

        Raises:
            RuntimeError: The HTTP server ended by itself.
        """
        await self._http.until(stop)

    async def _start(self, rules: RuleBook) -> None:
        recorder = BouncingRecorder(self.mailbox, rules=rules, bouncer=self._bouncer)
        self._smtp = _smtp_server(self._settings, rules=rules, recorder=recorder)
        callbacks = Callbacks()
        self._twilio = _twilio(self._settings, texts=self.texts, callbacks=callbacks)
        self._notify = _notify(self._settings, texts=self.texts, callbacks=callbacks)
        self._twilio_calls = _twilio_calls(self._settings, calls=self.calls, callbacks=callbacks)
        stand_ins: dict[Provider, StandIn] = {Provider.TWILIO: self._twilio, Provider.NOTIFY: self._notify}
        self._desk = Desk(self.texts, callbacks=callbacks, stand_ins=stand_ins)
        self._http = HttpServer(
            self._application(rules), host=self._settings.http_host, port=self._settings.http_port
        )
        self._http.start()
        try:
            if not rules.rules.down:
                await self._smtp.listen()
        except OSError:
            await self._http.stop()
            raise
        self._bouncer.start()
        self._desk.start()
        self._twilio_calls.start()

    def _application(self, rules: RuleBook) -> ASGIApp:
        listing = Listing(self.mailbox)
        app = application(
            inbox_routes(self.mailbox, listing=listing, rules=rules, bounces=self._bouncer.counts),
            control_routes(self._smtp, rules=rules),
            page_routes(self.mailbox, listing=listing, smtp=self._smtp),
            self._twilio.routes(),
            self._notify.routes(),
            self._twilio_calls.routes(),
            phones_routes(self._desk),
            phones_page_routes(self._desk),
            calls_routes(self._twilio_calls.board),
            calls_page_routes(self._twilio_calls.board),
        )
        twilio = TwilioFront(texts=self._twilio.door, calls=self._twilio_calls.door)
        return Front(app, doors={TWILIO: twilio, NOTIFY: self._notify.door})


def _twilio(settings: Settings, *, texts: Texts, callbacks: Callbacks) -> TwilioStandIn:
    return TwilioStandIn(
        texts,
        callbacks=callbacks,
        tokens=settings.twilio_tokens(),
        behaviour=settings.twilio_behaviour(),
    )


def _twilio_calls(settings: Settings, *, calls: Calls, callbacks: Callbacks) -> CallsStandIn:
    return CallsStandIn(
        calls, callbacks=callbacks, tokens=settings.twilio_tokens(), behaviour=settings.twilio_calls
    )


def _notify(settings: Settings, *, texts: Texts, callbacks: Callbacks) -> NotifyStandIn:
    return NotifyStandIn(
        texts,
        callbacks=callbacks,
        account=settings.notify_account(),
        behaviour=settings.notify_behaviour(),
    )


def _smtp_server(settings: Settings, *, rules: RuleBook, recorder: Recorder) -> SmtpServer:
    tls = _tls(settings)
    offer = Offer(
        max_message_bytes=settings.max_message_bytes,
        starttls=tls is not None,
        users=settings.auth_users,
        hidden=frozenset(name.upper() for name in settings.hidden_extensions),
    )
    return SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        offer=offer,
        rules=rules,
        recorder=recorder,
        tls=tls,
        idle=settings.idle,
    )


def _rules(settings: Settings) -> RuleBook:
    if settings.rules_file is None:
        return RuleBook()
    return RuleBook(RuleSet.model_validate_json(settings.rules_file.read_bytes()))


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context
