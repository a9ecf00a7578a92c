"""One example for each line of what relays and mailbox providers are known to answer."""

from datetime import timedelta

import pytest

from email_worker.provider_texts import PROVIDER_TEXTS, provider_text
from email_worker.smtp_outcomes import outcome_of
from email_worker.smtp_table import Phase
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason

HOURS = {hours: timedelta(hours=hours) for hours in (2, 4)}
HALF = timedelta(minutes=30)
S30, S60 = timedelta(seconds=30), timedelta(seconds=60)

PAUSE, SAFE, GONE = OutcomeClass.PAUSE, OutcomeClass.RETRY_SAFE, OutcomeClass.SUPPRESS
NEVER, DEFECT = OutcomeClass.PERMANENT, OutcomeClass.DEFECT
CHANNEL, SENDER, ROUTE, ALERT = Scope.CHANNEL, Scope.SENDER, Scope.ROUTE, Scope.ALERT

CASES = [
    # The relay.
    (Phase.GREETING, "421 4.3.2 busy", PAUSE, Reason.PROVIDER_UNREACHABLE, CHANNEL, None),
    (Phase.GREETING, "451 4.4.5 congested", PAUSE, Reason.PROVIDER_UNREACHABLE, CHANNEL, None),
    (Phase.GREETING, "554 5.7.1 go away", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.GREETING, "521 5.3.2 no mail here", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.EHLO, "550 5.7.25 no reverse name", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.STARTTLS, "454 4.7.0 not now", PAUSE, Reason.PROVIDER_UNREACHABLE, CHANNEL, None),
    (Phase.STARTTLS, "501 5.5.4 never", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.AUTH, "535 5.7.8 wrong", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.AUTH, "534 5.7.9 too weak", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.AUTH, "538 5.7.11 encrypt", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.AUTH, "530 5.7.0 log in", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.AUTH, "525 5.7.13 disabled", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.AUTH, "432 4.7.12 change it", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.AUTH, "454 4.7.0 not now", PAUSE, Reason.PROVIDER_UNREACHABLE, CHANNEL, S60),
    (Phase.MAIL, "530 5.7.0 log in", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.FINAL_DOT, "550 5.7.20 no DKIM", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.FINAL_DOT, "550 5.7.26 DMARC", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    (Phase.FINAL_DOT, "554 5.7.30 REQUIRETLS", PAUSE, Reason.CONFIGURATION, CHANNEL, S30),
    # The sender.
    (Phase.MAIL, "553 5.1.7 sender", PAUSE, Reason.SENDER_REFUSED, SENDER, None),
    (Phase.MAIL, "501 5.1.7 sender", PAUSE, Reason.SENDER_REFUSED, SENDER, None),
    (Phase.MAIL, "550 5.1.8 sender", PAUSE, Reason.SENDER_REFUSED, SENDER, None),
    (Phase.MAIL, "550 5.7.1 sender", PAUSE, Reason.SENDER_REFUSED, SENDER, None),
    (Phase.MAIL, "550 5.7.27 null MX", PAUSE, Reason.SENDER_REFUSED, SENDER, None),
    # Not now.
    (Phase.MAIL, "452 4.3.1 full", SAFE, Reason.PROVIDER_BUSY, None, None),
    (Phase.MAIL, "451 4.3.0 later", SAFE, Reason.PROVIDER_BUSY, None, None),
    (Phase.MAIL, "421 closing", SAFE, Reason.PROVIDER_BUSY, None, None),
    (Phase.RCPT, "451 4.7.1 grey", SAFE, Reason.GREYLISTED, None, None),
    (Phase.RCPT, "450 4.2.0 grey", SAFE, Reason.GREYLISTED, None, None),
    (Phase.RCPT, "452 4.2.2 full", SAFE, Reason.MAILBOX_FULL, None, None),
    (Phase.RCPT, "552 5.2.2 full", SAFE, Reason.MAILBOX_FULL, None, None),
    (Phase.RCPT, "450 4.2.1 disabled", SAFE, Reason.MAILBOX_DISABLED, None, None),
    (Phase.RCPT, "452 4.5.3 too many", SAFE, Reason.THROTTLED, None, None),
    (Phase.RCPT, "450 4.7.15 priority", SAFE, Reason.THROTTLED, None, None),
    (Phase.RCPT, "450 4.4.1 no answer", SAFE, Reason.DOMAIN_UNREACHABLE, ROUTE, None),
    (Phase.RCPT, "421 closing", SAFE, Reason.PROVIDER_BUSY, ROUTE, None),
    (Phase.DATA, "451 later", SAFE, Reason.PROVIDER_BUSY, None, None),
    (Phase.DATA, "451 4.4.2 gone", SAFE, Reason.DOMAIN_UNREACHABLE, ROUTE, None),
    (Phase.DATA, "421 closing", SAFE, Reason.PROVIDER_BUSY, None, None),
    (Phase.FINAL_DOT, "451 4.7.1 later", SAFE, Reason.PROVIDER_BUSY, None, None),
    (Phase.FINAL_DOT, "452 4.3.1 full", SAFE, Reason.PROVIDER_BUSY, None, None),
    (Phase.FINAL_DOT, "451 4.4.1 no answer", SAFE, Reason.DOMAIN_UNREACHABLE, ROUTE, None),
    (Phase.FINAL_DOT, "421 closing", SAFE, Reason.PROVIDER_BUSY, None, None),
    # The address.
    (Phase.RCPT, "550 5.1.1 who", GONE, Reason.ADDRESS_UNKNOWN, None, None),
    (Phase.RCPT, "553 5.1.3 syntax", GONE, Reason.ADDRESS_UNKNOWN, None, None),
    (Phase.RCPT, "551 5.1.6 moved", GONE, Reason.ADDRESS_UNKNOWN, None, None),
    (Phase.RCPT, "550 5.1.2 no such domain", GONE, Reason.DOMAIN_UNREACHABLE, None, None),
    (Phase.RCPT, "550 5.4.4 no route", GONE, Reason.DOMAIN_UNREACHABLE, None, None),
    (Phase.RCPT, "556 5.1.10 null MX", GONE, Reason.DOMAIN_REFUSES_MAIL, None, None),
    (Phase.RCPT, "556 no mail", GONE, Reason.DOMAIN_REFUSES_MAIL, None, None),
    (Phase.RCPT, "550 5.7.17 new owner", GONE, Reason.OWNER_CHANGED, None, None),
    (Phase.RCPT, "550 5.7.18 new owner", GONE, Reason.OWNER_CHANGED, None, None),
    (Phase.RCPT, "550 5.2.1 disabled", NEVER, Reason.MAILBOX_DISABLED, None, None),
    (Phase.RCPT, "550 who", NEVER, Reason.MAILBOX_UNAVAILABLE, None, None),
    (Phase.RCPT, "550 5.7.1 policy", NEVER, Reason.POLICY, ROUTE, None),
    (Phase.RCPT, "553 5.6.7 UTF-8", NEVER, Reason.ADDRESS_INVALID, None, None),
    (Phase.RCPT, "501 5.1.3 syntax", NEVER, Reason.ADDRESS_INVALID, None, None),
    (Phase.RCPT, "554 5.5.2 syntax", NEVER, Reason.ADDRESS_INVALID, None, None),
    # What we sent.
    (Phase.MAIL, "552 5.3.4 size", DEFECT, Reason.MESSAGE_TOO_BIG, ALERT, None),
    (Phase.FINAL_DOT, "552 5.2.3 long", DEFECT, Reason.MESSAGE_TOO_BIG, ALERT, None),
    (Phase.FINAL_DOT, "552 5.3.4 long", DEFECT, Reason.MESSAGE_TOO_BIG, ALERT, None),
    (Phase.FINAL_DOT, "554 5.7.1 spam", NEVER, Reason.SPAM, ALERT, None),
    (Phase.FINAL_DOT, "550 5.6.0 content", NEVER, Reason.SPAM, ALERT, None),
    (Phase.MAIL, "501 syntax", DEFECT, Reason.MESSAGE_DEFECT, ALERT, None),
    (Phase.DATA, "503 5.5.1 order", DEFECT, Reason.MESSAGE_DEFECT, ALERT, None),
    (Phase.FINAL_DOT, "550 5.5.2 line too long", DEFECT, Reason.MESSAGE_DEFECT, ALERT, None),
    # Providers' own words.
    (Phase.MAIL, "421 4.7.0 [TSS04] Messages from x deferred", PAUSE, Reason.THROTTLED, ROUTE, HOURS[2]),
    (Phase.MAIL, "421 4.7.0 [TSS05] Messages from x deferred", PAUSE, Reason.THROTTLED, ROUTE, HOURS[4]),
    (Phase.FINAL_DOT, "421 4.7.28 an unusual rate of mail", PAUSE, Reason.THROTTLED, ROUTE, HALF),
    (Phase.MAIL, "451 4.7.500 Server busy. Please try again", PAUSE, Reason.PROVIDER_BUSY, ROUTE, HALF),
    (Phase.MAIL, "550 5.7.1 your network is on our block list", PAUSE, Reason.POLICY, ROUTE, HOURS[2]),
]


@pytest.mark.parametrize(("phase", "line", "of", "reason", "scope", "lasts"), CASES)
def test_a_known_answer_means_what_its_source_says(
    phase: Phase,
    line: str,
    of: OutcomeClass,
    reason: Reason,
    scope: Scope | None,
    lasts: timedelta | None,
) -> None:
    outcome = outcome_of(phase, code=int(line[:3]), text=line[4:])

    assert (outcome.of, outcome.reason, outcome.scope, outcome.lasts) == (of, reason, scope, lasts)


def test_every_text_names_its_source_and_is_found() -> None:
    found = {
        provider_text(phase, code=line[:3], text=line[4:]) for phase, line, *_ in CASES if line[:1] in "45"
    }

    assert all(row.source for row in PROVIDER_TEXTS)
    assert set(PROVIDER_TEXTS) <= found


def test_words_without_a_code_that_fits_mean_nothing() -> None:
    assert provider_text(Phase.MAIL, code="550", text="server busy") is None
    assert provider_text(Phase.GREETING, code="421", text="[TSS04]") is None
