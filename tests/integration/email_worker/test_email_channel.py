"""The channel as the worker uses it, against the sandbox: a real relay with TLS and a login."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.support.batches import a_batch, a_claim
from tests.support.email_channels import channel, channel_to, obey, sandbox, sources, turn
from tests.support.emails import an_alert
from tests.support.relays import sent
from tests.support.smtp import Dialogue, OpenGate, relay
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_runtime.tokens import Unsubscribe, read_return_path, read_unsubscribe
from tocsin_sandbox.inbox.parsed import parsed
from tocsin_schemas.words import Channel, Reason

KEY = b"k" * 32


@pytest.mark.parametrize("hidden", [[], ["pipelining"], ["8bitmime"]], ids=["all", "one by one", "7 bit"])
async def test_every_member_gets_their_own_message(tmp_path: Path, hidden: Sequence[str]) -> None:
    claims = [a_claim(f"m{n}@home.example", name=f"Zoë {n}") for n in range(20)]
    async with sandbox(tmp_path, hidden_extensions=hidden) as running, channel(running) as sender:
        outcomes = await sent(sender, a_batch(claims))

        kept = {one.recipients[0].decode(): parsed(one.content()) for one in running.mailbox.newest_first()}

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.OK}
    assert set(kept) == {claim.address for claim in claims}
    for claim in claims:
        assert kept[claim.address].text.startswith(f"Dear {claim.name},")


async def test_outcomes_come_in_the_order_of_the_deliveries(tmp_path: Path) -> None:
    claims = [a_claim(f"{'no' if n % 3 == 0 else 'yes'}{n}@home.example") for n in range(12)]
    async with sandbox(tmp_path) as running, channel(running) as sender:
        await obey(
            running,
            {"phase": "rcpt", "match": "no*", "action": {"type": "reply", "code": 550, "enhanced": "5.1.1"}},
        )

        outcomes = await sent(sender, a_batch(claims))

    refused = (OutcomeClass.SUPPRESS, Reason.ADDRESS_UNKNOWN, "550 5.1.1")
    assert [(one.of, one.reason, one.provider_status) == refused for one in outcomes] == [
        n % 3 == 0 for n in range(12)
    ]


async def test_links_and_return_path_are_signed_for_this_member(tmp_path: Path) -> None:
    claim, content = a_claim(), an_alert()
    async with sandbox(tmp_path) as running, channel(running) as sender:
        await sent(sender, a_batch([claim], content=content))

        (kept,) = running.mailbox.newest_first()
        headers = dict(parsed(kept.content()).headers)

    token = headers["List-Unsubscribe"].strip("<>").removeprefix("https://alerts.example/u/")
    expected = Unsubscribe(claim.member_id, content.agency_id, content.purpose, Channel.EMAIL)
    assert read_unsubscribe([KEY], token) == expected
    assert read_return_path([KEY], kept.sender.decode().partition("@")[0]) == claim.id
    assert headers["Message-ID"] == f"<{claim.id}@bounces.example>"


async def test_a_batch_late_at_the_gate_is_not_begun(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as running, channel(running) as sender:
        outcomes = await sent(sender, a_batch([a_claim()] * 3), gate=OpenGate(open=False))

        assert sources(running) == []

    assert [outcome.of for outcome in outcomes] == [OutcomeClass.LATE] * 3


async def test_an_alert_that_cannot_be_rendered_leaves_others_alone(tmp_path: Path) -> None:
    broken = an_alert(body={"status": "actual", "info": [{"language": "en"}]})
    async with sandbox(tmp_path) as running, channel(running) as sender:
        defects = await sent(sender, a_batch([a_claim(), a_claim()], content=broken))
        good = await sent(sender, a_batch([a_claim()]))

        assert len(sources(running)) == 1

    assert defects == [Outcome(OutcomeClass.DEFECT, Reason.RENDERING, scope=Scope.ALERT)] * 2
    assert good[0].of is OutcomeClass.OK


async def test_a_broken_alert_is_said_once_whatever_the_languages(tmp_path: Path) -> None:
    broken = an_alert(body={"status": "actual", "info": [{"language": "en"}]})
    claims = [a_claim(language=language) for language in ("en", "pl", "en", "cy")]
    async with sandbox(tmp_path) as running, channel(running) as sender:
        with capture_logs() as logs:
            await sent(sender, a_batch(claims, content=broken))

    assert [entry["event"] for entry in logs] == ["rendering_failed"]


async def test_a_member_whose_data_cannot_be_written_fails_alone(tmp_path: Path) -> None:
    claims = [a_claim(), a_claim(name="Ada \ud800"), a_claim()]
    async with sandbox(tmp_path) as running, channel(running) as sender:
        outcomes = await sent(sender, a_batch(claims))

    assert [outcome.of for outcome in outcomes] == [OutcomeClass.OK, OutcomeClass.PERMANENT, OutcomeClass.OK]
    assert outcomes[1].reason is Reason.RENDERING


async def test_an_address_that_is_none_fails_alone(tmp_path: Path) -> None:
    claims = [a_claim("a@b.example>\r\nRCPT TO:<x@y.example"), a_claim()]
    async with sandbox(tmp_path) as running, channel(running) as sender:
        outcomes = await sent(sender, a_batch(claims))

    assert [outcome.reason for outcome in outcomes] == [Reason.ADDRESS_INVALID, None]


async def test_a_relay_that_is_down_pauses_and_a_probe_notices_its_return(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as running, channel(running) as sender:
        await turn(running, down=True)
        outcomes = await sent(sender, a_batch([a_claim()] * 5))
        down = await sender.probe("relay")
        await turn(running, down=False)
        up = await sender.probe("relay")
        again = await sent(sender, a_batch([a_claim()]))

    assert {outcome.of for outcome in outcomes} == {OutcomeClass.PAUSE}
    assert (down, up) == (False, True)
    assert again[0].of is OutcomeClass.OK


async def test_a_message_offered_to_a_connection_that_has_gone_is_sent_on_a_new_one() -> None:
    async def one_message(dialogue: Dialogue) -> None:
        await dialogue.greet()
        await dialogue.take()

    async with relay(one_message) as running, channel_to(running.port, smtp_connections=1) as sender:
        outcomes = [await sent(sender, a_batch([a_claim()])) for _ in range(3)]

    assert [outcome.of for (outcome,) in outcomes] == [OutcomeClass.OK] * 3
    assert len(running.dialogues) == 3


async def test_a_drop_after_the_final_dot_is_ambiguous_and_the_rest_goes_on(tmp_path: Path) -> None:
    claims = [a_claim("lost@home.example"), *(a_claim(f"m{n}@home.example") for n in range(5))]
    async with sandbox(tmp_path) as running, channel(running) as sender:
        await obey(running, {"phase": "body", "match": "lost@*", "action": {"type": "drop_after_accept"}})

        outcomes = await sent(sender, a_batch(claims))

        assert len(sources(running)) == 6

    assert [outcome.of for outcome in outcomes] == [OutcomeClass.AMBIGUOUS, *[OutcomeClass.OK] * 5]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        " -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", cert], check=True, capture_output=True)  # noqa: S603 - our own words
    return cert, key


async def test_starttls_and_a_login(
    tmp_path: Path, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    users = {"tls_cert": cert, "tls_key": key, "auth_users": {"bell": "rope"}}
    login: dict[str, object] = {"smtp_tls": "starttls", "smtp_username": "bell"}
    async with sandbox(tmp_path, **users) as running:
        async with channel(running, smtp_password="rope", **login) as sender:
            right = await sent(sender, a_batch([a_claim()] * 4))
        async with channel(running, smtp_password="string", **login) as sender:
            wrong = await sent(sender, a_batch([a_claim()]))

    assert {outcome.of for outcome in right} == {OutcomeClass.OK}
    assert (wrong[0].of, wrong[0].reason) == (OutcomeClass.PAUSE, Reason.CONFIGURATION)


async def test_a_certificate_nobody_vouches_for_is_not_trusted(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    async with (
        sandbox(tmp_path, tls_cert=cert, tls_key=key) as running,
        channel(running, smtp_tls="starttls") as sender,
    ):
        (outcome,) = await sent(sender, a_batch([a_claim()]))

        assert sources(running) == []

    assert outcome.of is OutcomeClass.PAUSE
