"""How providers of texts speak to us: each shows who it is, at any of our doors, as if at the public one."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import Final
from urllib.parse import urlencode

import aiohttp
from pydantic import TypeAdapter
from twilio.request_validator import RequestValidator

from tests.faults.load.means import Means
from tocsin_providers.accounts import Account, Accounts, NotifyAccount, TwilioAccount

_TIMEOUT: Final = aiohttp.ClientTimeout(total=8)
_ACCOUNTS: Final[TypeAdapter[tuple[Account, ...]]] = TypeAdapter(Accounts)
_FORGED: Final = "of somebody else"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Call:
    """What a provider tells us, in its own way."""

    path: str
    provider: str
    form: Mapping[str, str]
    forged: bool = False
    """Whether somebody else makes it who knows everything but the secret."""


@dataclass(frozen=True, slots=True)
class Wires:
    """To every alert-api."""

    http: aiohttp.ClientSession
    public: str
    doors: tuple[str, ...]
    twilio: TwilioAccount
    notify: NotifyAccount

    async def made(self, call: Call, *, random: Random) -> bool:
        """Make a call once; whether it was acknowledged."""
        url = random.choice(self.doors) + call.path
        headers, body = self.written(call)
        try:
            async with self.http.post(url, data=body, headers=headers) as answer:
                await answer.read()
                return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    def written(self, call: Call) -> tuple[Mapping[str, str], bytes]:
        """Headers and body, as they go over the wire."""
        return self._of_twilio(call) if call.provider == "twilio" else self._of_notify(call)

    def _of_twilio(self, call: Call) -> tuple[Mapping[str, str], bytes]:
        form = {**call.form, "AccountSid": self.twilio.account_sid, "ApiVersion": "2010-04-01"}
        token = _FORGED if call.forged else self.twilio.auth_token.get_secret_value()
        signature = RequestValidator(token).compute_signature(self.public + call.path, form)
        return {"Content-Type": _FORM, "X-Twilio-Signature": signature}, urlencode(form).encode()

    def _of_notify(self, call: Call) -> tuple[Mapping[str, str], bytes]:
        token = _FORGED if call.forged else self.notify.callback_token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return headers, json.dumps(call.form).encode()


@asynccontextmanager
async def wires_of(means: Means) -> AsyncIterator[Wires]:
    """To the stack of a run."""
    stack = means.scene.stack
    accounts = _ACCOUNTS.validate_json((stack.layout.secrets / "tocsin_sms_providers").read_bytes())
    (twilio,) = [one for one in accounts if isinstance(one, TwilioAccount)]
    (notify,) = [one for one in accounts if isinstance(one, NotifyAccount)]
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
        yield Wires(http, f"http://127.0.0.1:{stack.base_port}", doors_of(means), twilio, notify)


def doors_of(means: Means) -> tuple[str, ...]:
    """Where every alert-api answers."""
    processes = means.scene.stack.state.processes
    return tuple(one.url.rstrip("/") for one in processes if one.url and one.name.startswith("alert-api"))
