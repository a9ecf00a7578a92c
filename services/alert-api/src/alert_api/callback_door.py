"""Who reports to us: only what an account of ours proves is taken in, and no more of it than there is room for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qs

from fastapi import Request
from pydantic_core import from_json

from alert_api.bodies import read_bounded
from alert_api.measures import Measures
from alert_api.problems import Problem
from alert_api.public_url import PublicUrl
from tocsin_providers.accounts import Account, NotifyAccount, TwilioAccount
from tocsin_providers.notify.token import shows
from tocsin_providers.twilio.signature import SIGNATURE, SIGNATURE_SETTINGS, Signatures

Form = Mapping[str, Sequence[str]]

MOST_BYTES: Final = 65_536
_MOST_FIELDS: Final = 200
_FORM: Final = b"application/x-www-form-urlencoded"
_JSON: Final = b"application/json"
_SIGNATURE: Final = SIGNATURE.lower().encode()
_SIGNATURE_SETTINGS: Final = SIGNATURE_SETTINGS.lower().encode()
_LATER: Final = {"Retry-After": "1"}


class CallbackDoor:
    """Reads what providers send us. Bodies under way are bounded in all, whoever sends them."""

    def __init__(
        self, accounts: Sequence[Account], *, public: PublicUrl, measures: Measures, most_bytes: int
    ) -> None:
        self._twilio = {
            account.account_sid: (account.name, Signatures(account.auth_token))
            for account in accounts
            if isinstance(account, TwilioAccount)
        }
        self._notify = [account for account in accounts if isinstance(account, NotifyAccount)]
        self._public = public
        self._measures = measures
        self._room = most_bytes

    async def form_of_twilio(self, request: Request) -> tuple[str, Form]:
        """What Twilio signed, and the name of the account it signed for.

        Raises:
            Problem: `not-found` where no account is Twilio's, `media-type`, `too-large`, `busy`, `callback`, or
                `signature`; nothing was done.
        """
        if not self._twilio:
            raise Problem("not-found")
        headers = dict(request.scope["headers"])
        form = _form(await self._body(request, headers, media_type=_FORM))
        name, signatures = self._twilio.get(form.get("AccountSid", [""])[0], ("", None))
        signature = headers.get(_SIGNATURE, b"").decode("latin-1")
        settings = headers.get(_SIGNATURE_SETTINGS)
        if signatures is None or not signatures.prove(
            self._public.of(request.scope, headers),
            form,
            signature=signature,
            settings=None if settings is None else settings.decode("latin-1"),
        ):
            raise self._stranger("twilio")
        return name, form

    async def json_of_notify(self, request: Request) -> tuple[str, object]:
        """What Notify says, and the name of the account whose token it showed.

        Raises:
            Problem: As of Twilio.
        """
        if not self._notify:
            raise Problem("not-found")
        headers = dict(request.scope["headers"])
        shown = headers.get(b"authorization", b"").decode("latin-1")
        ours = [account for account in self._notify if shows(shown, account.callback_token)]
        if not ours:
            raise self._stranger("notify")
        body = await self._body(request, headers, media_type=_JSON)
        try:
            return ours[0].name, from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise Problem("callback") from error

    async def _body(self, request: Request, headers: Mapping[bytes, bytes], *, media_type: bytes) -> bytes:
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != media_type:
            accepted = media_type.decode()
            raise Problem("media-type", f"A report is {accepted}.", headers={"Accept-Post": accepted})
        with self._holding(headers.get(b"content-length", b"")):
            return await read_bounded(request, most=MOST_BYTES)

    @contextmanager
    def _holding(self, announced: bytes) -> Iterator[None]:
        size = min(int(announced[:20]), MOST_BYTES) if announced.isdigit() else MOST_BYTES
        if size > self._room:
            self._measures.overloaded.labels("callbacks").inc()
            raise Problem("busy", headers=_LATER)
        self._room -= size
        try:
            yield
        finally:
            self._room += size

    def _stranger(self, kind: str) -> Problem:
        self._measures.strangers.labels(kind).inc()
        return Problem("signature")


def first(form: Form, name: str) -> str:
    """The first value of a field; empty where it is not there."""
    return form.get(name, ("",))[0]


def _form(body: bytes) -> Form:
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:  # not UTF-8, or too many fields
        raise Problem("callback") from error
