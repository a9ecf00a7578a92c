import json
from random import Random
from urllib.parse import parse_qs
from uuid import UUID

import aiohttp
import pytest

from tests.faults.channels.sms import OUTSIDE
from tests.faults.history import Accept
from tests.faults.load.carriers import FORGERIES, REPORTS, Told, drawn_reports
from tests.faults.load.texts import sender_of
from tests.faults.load.wires import Call, Wires
from tocsin_providers.accounts import NotifyAccount, TwilioAccount
from tocsin_providers.notify import statuses as notify
from tocsin_providers.notify.token import shows
from tocsin_providers.report import Report
from tocsin_providers.twilio import statuses as twilio
from tocsin_providers.twilio.call_statuses import report_of_call
from tocsin_providers.twilio.signature import Signatures
from tocsin_runtime.numbers import mobile
from tocsin_schemas.words import Channel

DELIVERY = "019aa9c8-0000-8abc-8def-0123456789ab"
ATTEMPT = f"{DELIVERY.replace('-', '')}.3.0011223344556677"
LINE = f"7.5\ttwilio\tSM1\t{ATTEMPT}\t+447300000001\t2\t7.25"
ALL = [(provider, told) for provider, known in REPORTS.items() for told in known]

TWILIO = TwilioAccount(name="twilio", kind="twilio", account_sid=f"AC{0:032x}", auth_token="t" * 32)
NOTIFY = NotifyAccount(
    name="notify",
    kind="notify",
    service_id=DELIVERY,
    api_key=DELIVERY,
    template_id=DELIVERY,
    callback_token="n" * 32,
)


def meaning_of(provider: str, told: Told) -> Report | None:
    if provider == "calls":
        return report_of_call(told.status, answered_by=None, heard_s=None, code=told.code or None)
    return twilio.report_of(told.status, told.code) if provider == "twilio" else notify.report_of(told.status)


def drawn(provider: str, seed: int) -> list[Told]:
    return [*drawn_reports(provider, random=Random(seed))]  # noqa: S311 - nothing is kept secret


def wires(http: aiohttp.ClientSession) -> Wires:
    return Wires(http, "https://tocsin.example", ("http://127.0.0.1:1",), TWILIO, NOTIFY)


@pytest.mark.parametrize(("provider", "told"), ALL, ids=lambda one: str(getattr(one, "said", one)))
def test_a_report_means_the_receipt_that_is_expected_of_it(provider: str, told: Told) -> None:
    meaning = meaning_of(provider, told)

    assert meaning is not None
    assert (meaning.kind, meaning.status) == (told.kind, told.said)


def test_what_is_forged_is_known_and_said_by_nobody_else() -> None:
    for provider, told in FORGERIES.items():
        assert meaning_of(provider, told) is not None
        assert told not in REPORTS[provider]


def test_what_is_tried_again_is_so_within_a_run() -> None:
    texts = [(provider, told) for provider, told in ALL if provider != "calls"]
    again = [meaning for provider, told in texts if (meaning := meaning_of(provider, told))]

    assert all(meaning.retries is None for meaning in again)


@pytest.mark.parametrize("provider", REPORTS)
def test_the_same_seed_draws_the_same_reports(provider: str) -> None:
    once = [drawn(provider, seed) for seed in range(500)]

    assert once == [drawn(provider, seed) for seed in range(500)]
    assert {len(reports) for reports in once} == {1, 50}


def test_a_line_of_the_providers_ledger_names_delivery_and_claim() -> None:
    (accept,) = OUTSIDE.ledger.accepts(LINE.encode())

    assert accept == Accept(
        7.5, 7.25, accept.delivery, "+447300000001", Channel.SMS, "twilio", fence=3, segments=2
    )
    assert str(accept.delivery) == DELIVERY


@pytest.mark.parametrize("line", [b"#\t7", LINE.replace(ATTEMPT, "-").encode()])
def test_headings_and_texts_of_no_delivery_are_no_accepts(line: bytes) -> None:
    assert [*OUTSIDE.ledger.accepts(line)] == []


def test_a_reference_of_others_is_noticed() -> None:
    with pytest.raises(ValueError, match="unpack"):
        [*OUTSIDE.ledger.accepts(LINE.replace(ATTEMPT, "somebody").encode())]


def test_members_have_mobiles_that_are_not_the_senders() -> None:
    random = Random(1)  # noqa: S311 - nothing is kept secret
    for _ in range(100):
        number = OUTSIDE.address(random.getrandbits(64), "homes.example")

        assert mobile(number, region="GB", countries=frozenset({"GB"})).e164 == number
        assert not sender_of(UUID(DELIVERY)).startswith(OUTSIDE.marks[0])


@pytest.mark.parametrize("forged", [False, True])
async def test_only_the_provider_s_own_calls_show_who_makes_them(*, forged: bool) -> None:
    async with aiohttp.ClientSession() as http:
        headers, body = wires(http).written(
            Call("/callbacks/twilio/status?r=1", "twilio", {"A": "1"}, forged)
        )
        token, said = wires(http).written(Call("/callbacks/notify/status", "notify", {"id": "1"}, forged))

    form = parse_qs(body.decode(), keep_blank_values=True)
    url = "https://tocsin.example/callbacks/twilio/status?r=1"
    proved = Signatures(TWILIO.auth_token).prove(url, form, signature=headers["X-Twilio-Signature"])
    assert proved is not forged
    assert shows(token["Authorization"], NOTIFY.callback_token) is not forged
    assert json.loads(said) == {"id": "1"}
